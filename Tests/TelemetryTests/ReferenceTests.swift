import Telemetry
import TestSupport
import Testing

/// docs/statistics.md says of each figure what the catalogue says, in the catalogue's order.
@Suite struct ReferenceTests {
  private static var page: Page { get throws { try Page("docs/statistics.md") } }

  private func rows<Source>(_ table: MetricTable<Source>, in object: String = "") -> [String] {
    table.rows.flatMap { row in
      ([row] + row.parts).map { part in
        let name = part.key == row.key ? row.key : "\(row.key).\(part.key)"
        return
          "| `\(object)\(name)` | \(part.kind.rawValue) |\(part.unit.map { " \($0.rawValue)" } ?? "") | \(part.help) |"
      }
    }
  }

  @Test func theTableOfKeysIsTheCatalogue() throws {
    let expected =
      rows(ForwarderMetrics.line) + rows(ForwarderMetrics.status) + rows(ForwarderMetrics.counters)
      + rows(ForwarderMetrics.collector, in: "collectors[].")
    let table = try #require(try Self.page.tables(head: "| key | kind | unit | meaning |").first)
    let missing = expected.filter { !table.contains($0) }
    #expect(missing.isEmpty, "docs/statistics.md lacks:\n\(missing.joined(separator: "\n"))")
    #expect(table == expected)
  }

  @Test func theEquationsAreThoseOfTheCatalogue() throws {
    let lines = try Self.page.lines
    for sum in ForwarderMetrics.sums { #expect(lines.contains(sum.description), "\(sum)") }
  }
}
