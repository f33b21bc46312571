import Foundation
import Testing

/// Unsafe code stands where ARCHITECTURE.md says, and nowhere else.
@Suite struct UnsafeCodeTests {
  /// The paths named in the table under "Unsafe code", files or folders below `Sources`.
  private func named() throws -> [String] {
    let text = try SourceTree.text("ARCHITECTURE.md")
    let section = try #require(text.components(separatedBy: "\n## Unsafe code").dropFirst().first)
    let table = section.components(separatedBy: "\n## ")[0].split(separator: "\n").filter { $0.hasPrefix("| `") }
    return table.flatMap { row in row.split(separator: "|")[0].matches(of: #/`([^`]+)`/#).map { String($0.1) } }
  }

  @Test func unsafeCodeIsWhereArchitectureSays() throws {
    let named = try named()
    try #require(!named.isEmpty)
    var used: Set<String> = []
    for file in try SourceTree.files() {
      let isUnsafe = file.code.contains { $0.contains(#/\bunsafe\b|@unsafe\b/#) }
      guard isUnsafe else { continue }
      let place = named.first { file.path == $0 || $0.hasSuffix("/") && file.path.hasPrefix($0) }
      if let place { used.insert(place) } else { Issue.record("\(file.path) has unsafe code and is not named") }
    }
    for place in named where !used.contains(place) { Issue.record("\(place) is named and has no unsafe code") }
  }

  /// Checks are never switched off for speed.
  @Test func nothingIsBuiltUnchecked() throws {
    for name in ["Package.swift", "Makefile", "Dockerfile", "fuzz/Package.swift"] {
      #expect(try !SourceTree.text(name).contains("-Ounchecked"), "\(name)")
    }
  }
}
