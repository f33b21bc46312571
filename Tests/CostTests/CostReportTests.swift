import Foundation
import Testing

@testable import Cost

/// Statistics and captures, as a table and as JSON.
@Suite struct CostReportTests {
  private static let line =
    #"{"time":"2026-11-26T00:00:00Z","interval":10.0,"sent_datagrams":1000,"sent_bytes":1000000,"#
    + #""withheld_packets":{"encrypted":500,"depth":0,"other_side":0},"#
    + #""withheld_bytes":{"encrypted":3000000,"depth":0,"other_side":0},"kernel_withheld_bytes":4000000,"total":{}}"#

  private func sum(_ lines: String...) -> StatisticsSum {
    var sum = StatisticsSum()
    for line in lines { sum.add(Array(line.utf8)) }
    return sum
  }

  @Test func statistics() {
    let sum = sum("2026-11-26 info: capturing", Self.line, "", "{\"log\":1}", Self.line, "{")
    #expect(sum.lines == 2 && sum.seconds == 20)
    // A withheld frame would have had an IPv4, a UDP and a VXLAN header: 36 bytes.
    let all: UInt64 = 2 * (1_000_000 + 3_000_000 + 500 * 36 + 4_000_000)
    #expect(
      sum.rows == [
        CostReport.Row("everything", datagrams: 3_000, bytes: all),
        CostReport.Row("ENCRYPTED alone", datagrams: 2_000, bytes: all - 2 * (3_000_000 + 500 * 36)),
        CostReport.Row("the kernel's filter alone", datagrams: 3_000, bytes: all - 8_000_000),
        CostReport.Row("as it is", datagrams: 2_000, bytes: 2_000_000),
      ])
  }

  /// Of a forwarder without rules there is what it sends.
  @Test func statisticsWithoutRules() {
    let rows = sum(#"{"interval":30,"sent_datagrams":3,"sent_bytes":300}"#).rows
    #expect(rows.map(\.name) == ["everything", "as it is"] && rows.allSatisfy { $0.bytes == 300 && $0.datagrams == 3 })
  }

  @Test func theTable() throws {
    let prices = try Prices(Array(Data(contentsOf: PricesTests.deployed)))
    let rows = [
      CostReport.Row("everything", datagrams: 20_000, bytes: 12_500_000),
      CostReport.Row("ENCRYPTED=handshake", datagrams: 200, bytes: 125_000),
    ]
    let report = CostReport(title: "sample.pcapng", seconds: 1, rows: rows, prices: prices)
    #expect(
      report.text == """
        sample.pcapng: 1.0 s

                             datagrams/s   Mbit/s   saved  GB a month  between zones  load balancer  PrivateLink
        everything                20,000  100.000       -    30,593.9         611.88         183.56       305.94
        ENCRYPTED=handshake          200    1.000  99.0 %       305.9           6.12           1.84         3.06

        dollars a month at this rate, day and night; prices of us-east-1, 2026-11
        """)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    let rules = try #require(object["rules"] as? [[String: Any]])
    #expect(rules.count == 2 && rules[1]["saved_ratio"] as? Double == 0.99)
    #expect(rules[0]["saved_ratio"] is NSNull && rules[0]["load_balancer"] as? Double == 183.56)
  }

  /// Every golden capture counts as many bytes as it has, whatever the rules, and datagrams that fit.
  @Test func aCapture() throws {
    let golden = PricesTests.deployed.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Tests/Golden/tcp-options.pcap").path
    let sample = try CaptureSample(golden, mtu: 1_500, depth: 65_536, depthText: "64KiB")
    #expect(sample.frames > 0)
    #expect(
      sample.rows.map(\.name) == [
        "everything", "ENCRYPTED=handshake", "ENCRYPTED=none", "FLOW_DEPTH=64KiB",
        "ENCRYPTED=handshake FLOW_DEPTH=64KiB",
      ])
    #expect(sample.rows.allSatisfy { $0.bytes > 0 && $0.bytes <= $0.datagrams * 1_500 })
  }
}
