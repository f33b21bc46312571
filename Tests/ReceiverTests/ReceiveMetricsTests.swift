import Telemetry
import TestSupport
import Testing
import Wire

@testable import Receiver

@Suite struct ReceiveMetricsTests {
  /// No two are the same, and they balance.
  private func counters(_ scale: UInt64) -> ReceiveCounters {
    var counters = ReceiveCounters()
    counters.datagrams = scale * 112
    counters.bytes = scale * 102
    counters.frames = scale * 7
    counters.frameBytes = scale * 104
    counters.undelivered = scale * 11
    counters.probes = scale * 5
    counters.reports = scale * 6
    counters.invalidHeaders = scale * 17
    counters.otherVNI = scale * 23
    counters.truncated = scale * 2
    counters.otherSender = scale * 13
    counters.filtered = scale * 28
    counters.fragmented = scale * 3
    counters.unlisted = scale * 29
    counters.kernelDropped = scale * 109
    return counters
  }

  private var sender: SenderFigures {
    var figures = SenderFigures(sender: SenderAddress(ipv4: 0xC000_0201))
    (figures.ports, figures.datagrams, figures.bytes, figures.lastSeen) = (4, 31, 32, 1_700_000_000_000_000_000)
    (figures.stream.sent, figures.stream.lost, figures.stream.duplicated) = (33, 34, 35)
    (figures.stream.reports, figures.stream.lateReports) = (36, 37)
    (figures.stream.delay, figures.stream.leastDelay) = (1_000_038_999, -39_000)
    var report = ReportFrame()
    (report.host, report.version, report.mtu, report.captured) = ("app-1", "9.9", 9_001, 40)
    (report.forwarded, report.kernelDropped) = (41, 42)
    report.task = "0123456789abcdef"
    report.dropped = [.init(reason: "rate", frames: 43), .init(reason: "none", frames: 0)]
    figures.report = report
    return figures
  }

  private func line(isFinal: Bool) -> ReceiveReport.Line {
    ReceiveReport.Line(
      time: 1_700_000_000_125_999_999, nanoseconds: 29_996_999_999, isFinal: isFinal, counters: counters(1),
      total: counters(2), senders: [sender])
  }

  /// The very bytes of the statistics.
  @Test func jsonIsByteForByteWhatItIs() {
    let expected = #"""
      {"time":"2023-11-14T22:13:20.125Z","interval":29.996,"final":true,"received_datagrams":112,\#
      "received_bytes":102,"delivered_frames":7,"delivered_bytes":104,"undelivered_frames":11,"probes":5,"reports":6,"invalid_headers":17,\#
      "other_vni":23,"truncated_datagrams":2,"other_senders":13,"filtered_frames":28,\#
      "fragmented_datagrams":3,"unlisted_datagrams":29,"kernel_dropped_datagrams":109,"total":{"received_datagrams":224,\#
      "received_bytes":204,"delivered_frames":14,"delivered_bytes":208,"undelivered_frames":22,"probes":10,"reports":12,"invalid_headers":34,\#
      "other_vni":46,"truncated_datagrams":4,"other_senders":26,"filtered_frames":56,"fragmented_datagrams":6,"unlisted_datagrams":58,\#
      "kernel_dropped_datagrams":218},"senders":[{"address":"192.0.2.1","source_ports":4,"received_datagrams":31,\#
      "received_bytes":32,"last_seen":"2023-11-14T22:13:20.000Z","sent_datagrams":33,"lost_datagrams":34,\#
      "duplicated_datagrams":35,"reports":36,"late_reports":37,"delay":1.000038,"least_delay":-0.000039,"host":"app-1",\#
      "version":"9.9","task":"0123456789abcdef","zone":null,"mtu":9001,"captured_packets":40,"forwarded_packets":41,"kernel_dropped_packets":42,\#
      "dropped_packets":{"rate":43}}]}
      """#
    #expect(line(isFinal: true).json == expected)
    var exact = line(isFinal: false)
    exact.nanoseconds = 30_000_000_000
    #expect(exact.json.contains("\"interval\":30.000,\"final\":false,"))
  }

  @Test func textIsByteForByteWhatItIs() {
    let figures =
      "in 29.996 s: 112 datagrams (102 bytes), 7 frames (104 bytes), 11 not written, 5 probes, 6 reports, 17 with an invalid header, "
      + "23 of other VNIs, 2 truncated, 13 of other senders, 28 filtered out, 3 came in fragments, "
      + "29 from unlisted ports, 109 dropped by the kernel, from 192.0.2.1"
    #expect(line(isFinal: false).text == "2023-11-14T22:13:20Z received " + figures)
    #expect(line(isFinal: true).text == "2023-11-14T22:13:20Z received in all " + figures)
  }

  /// A counter of an interval is what came since the last line, a gauge what it is now.
  @Test func theKindSaysWhatAnIntervalHas() {
    let (before, now) = (counters(1), counters(3))
    let interval = now.since(before)
    for row in ReceiveMetrics.counters.rows {
      let (old, new, between) = (row.sum(of: before), row.sum(of: now), row.sum(of: interval))
      switch row.kind {
      case .counter: #expect(between == new - old, "\(row.key)")
      case .gauge: #expect(between == new, "\(row.key)")
      case .identity: Issue.record("\(row.key) is no number")
      }
    }
  }

  @Test func everyDatagramIsAccountedFor() {
    for sum in ReceiveMetrics.sums {
      #expect(sum.holds(in: ReceiveMetrics.counters, for: counters(5)), "\(sum)")
      var lost = counters(5)
      lost.otherVNI -= 1
      #expect(!sum.holds(in: ReceiveMetrics.counters, for: lost), "\(sum)")
    }
  }

  @Test func thePageHasTheCatalogue() throws {
    func rows<Source>(_ table: MetricTable<Source>) -> [String] {
      table.rows.map {
        "| `\($0.key)` | \($0.kind.rawValue) |\($0.unit.map { " \($0.rawValue)" } ?? "") | \($0.help) |"
      }
    }
    let page = try Page("docs/statistics.md")
    let table = try #require(page.tables(head: "| key | kind | unit | meaning |").last)
    let senders = rows(ReceiveMetrics.senders).map { $0.replacing("| `", with: "| `senders[].", maxReplacements: 1) }
    #expect(table == rows(ReceiveMetrics.line) + rows(ReceiveMetrics.counters) + senders)
    for sum in ReceiveMetrics.sums { #expect(page.lines.contains(sum.description), "\(sum)") }
  }

  @Test func figuresGoToTheEndOfTheirNumbers() {
    var line = line(isFinal: true)
    line.total.bytes = .max
    line.counters.bytes = .max
    #expect(line.json.contains("\"received_bytes\":18446744073709551615,"))
    #expect(line.text.contains("(18446744073709551615 bytes), "))
  }
}
