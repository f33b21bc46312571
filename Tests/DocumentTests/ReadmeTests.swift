import Forwarder
import TestSupport
import Testing

/// README.md stays a page that can be read in ten minutes.
@Suite struct ReadmeTests {
  @Test func itIsShort() throws {
    let words = try Page("README.md").lines.flatMap { $0.split(whereSeparator: \.isWhitespace) }
    #expect(words.count <= 1_600, "README.md has \(words.count) words; what is more belongs to docs")
  }

  /// Its table has the published five, with their defaults.
  @Test func theFiveVariables() throws {
    let rows = try Page.table("README.md", head: "| variable | default | meaning |").map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: [" ", "`"]) }
    }
    #expect(rows.map { $0[0] } == ["BPF_FILTER", "DESTINATION", "INTERFACE", "MTU", "STAT_DURATION"])
    for row in rows {
      let setting = try #require(Setting.all.first { $0.variables.contains(row[0]) })
      #expect(row[1] == setting.defaultText ?? "required", "\(row[0])")
    }
  }
}
