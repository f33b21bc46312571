import Foundation

/// A page of this package's documentation.
package struct Page: Sendable, CustomStringConvertible {
  /// From the package's root on: `docs/ecs.md`.
  package let path: String
  package let lines: [String]

  package var description: String { path }

  /// The package's root.
  package static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

  /// The page at this path.
  package init(_ path: String) throws {
    self.path = path
    let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The rows of every table with this head, in its order.
  package func tables(head: String) -> [[String]] {
    lines.indices.filter { lines[$0] == head }.map { index in
      Array(lines[(index + 2)...].prefix { $0.hasPrefix("|") })
    }
  }

  /// The first table with this head.
  package static func table(_ path: String, head: String) throws -> [String] {
    try Page(path).tables(head: head).first ?? []
  }

  /// Everything that is written for whoever uses the program.
  package static func forUsers() throws -> [Page] {
    let folder = FileManager.default
    let guides = try folder.contentsOfDirectory(atPath: root.appending(path: "docs").path).map { "docs/\($0)" }
    let readmes = try ["deploy", "bench"].flatMap { top in
      try folder.subpathsOfDirectory(atPath: root.appending(path: top).path)
        .filter { !$0.split(separator: "/").contains { $0.hasPrefix(".") } }.map { "\(top)/\($0)" }
        .filter { $0.hasSuffix("/README.md") }
    }
    return try (["README.md"] + (guides + readmes).sorted()).filter { $0.hasSuffix(".md") }.map(Page.init)
  }

  /// The same, and what is written for whoever works on it.
  package static func all() throws -> [Page] {
    try forUsers() + ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(Page.init)
  }

  /// Its text without fenced blocks.
  package var prose: String {
    var isInside = false
    return lines.filter { line in
      let isFence = line.drop { $0 == " " }.hasPrefix("```")
      defer { if isFence { isInside.toggle() } }
      return !isFence && !isInside
    }
    .joined(separator: "\n")
  }
}
