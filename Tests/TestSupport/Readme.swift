import Foundation

/// README.md of this package.
package enum Readme {
  /// Its lines.
  package static func lines() throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    let text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The rows of every table with this head, in its order.
  package static func tables(head: String) throws -> [[String]] {
    let lines = try lines()
    return lines.indices.filter { lines[$0] == head }.map { index in
      Array(lines[(index + 2)...].prefix { $0.hasPrefix("|") })
    }
  }
}
