import Mirror
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

  /// The lines that are shown as an example are what such counters make.
  @Test func theLinesOfTheExample() throws {
    var total = Counters()
    total.capture.captured = 139
    total.capture.capturedBytes = 2_000_000
    total.capture.segmented = 35
    total.capture.checksumsFilled = 104
    total.send.forwardedFrames = 139
    total.send.sentDatagrams = 347
    total.send.sentBytes = 2_040_000
    let status = Fixture.status(total, time: 1_795_694_400_000_000_000)
    let lines = [
      StatisticsReport(status, since: Counters(), [], milliseconds: 2_000, isFinal: false),
      StatisticsReport(status, since: total, [], milliseconds: 100, isFinal: true),
    ].map { $0.text + "\n" }
    #expect(try Self.page.blocks.first?.text == lines.joined())
  }

  @Test func theEquationsAreThoseOfTheCatalogue() throws {
    let lines = try Self.page.lines
    for sum in ForwarderMetrics.sums { #expect(lines.contains(sum.description), "\(sum)") }
  }
}
