import Foundation

/// The package as it lies on disk, for tests that read it.
enum SourceTree {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A Swift file below `Sources`.
  struct File {
    /// From `Sources` on: `Wire/Headers/IPv4Header.swift`.
    let path: String
    let lines: [Substring]

    /// The first folder: the module.
    var module: String { String(path.prefix { $0 != "/" }) }

    /// The modules it imports.
    var imports: [String] {
      lines.compactMap { line in
        let words = line.split(separator: " ")
        guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
          words[..<at].allSatisfy({ ["public", "package", "internal", "fileprivate", "private"].contains($0) })
        else { return nil }
        return String(words[at + 1])
      }
    }

    /// Its lines without comments.
    var code: [Substring] {
      lines.map { line in line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line }
    }
  }

  static func files() throws -> [File] {
    let sources = root.appendingPathComponent("Sources")
    let names = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
    return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      let text = try String(contentsOf: sources.appendingPathComponent(name), encoding: .utf8)
      return File(path: name, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }
  }

  /// The text of a file at the package's root.
  static func text(_ name: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
  }
}
