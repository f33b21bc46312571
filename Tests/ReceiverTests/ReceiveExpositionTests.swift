import System
import Telemetry
import TestSupport
import Testing
import Wire

@testable import Receiver

/// What Prometheus and CloudWatch get of the collector's side.
@Suite struct ReceiveExpositionTests {
  private static let process = ProcessFigures(cpu: 1_000_000_000, memory: 4_096, start: 0)

  private func sender(_ number: UInt32) -> SenderFigures {
    var figures = SenderFigures(sender: SenderAddress(ipv4: number))
    (figures.ports, figures.datagrams, figures.bytes) = (4, 31, 32)
    (figures.firstSeen, figures.lastSeen) = (UInt64(number), 1_700_000_000_250_000_000)
    return figures
  }

  private func statistics(_ count: Int = 2) -> ReceiveStatistics {
    var statistics = ReceiveStatistics()
    statistics.counters.datagrams = 100
    statistics.counters.frames = 90
    statistics.counters.unlisted = 7
    statistics.senders = (0..<count).map { sender(0xC000_0201 + UInt32($0)) }
    (statistics.senders[0].stream.sent, statistics.senders[0].stream.lost) = (33, 34)
    statistics.senders[0].stream.delay = -1_500_000
    var report = ReportFrame()
    (report.host, report.version, report.zone, report.captured) = ("app-1", "9.9", "eu-west-1b", 40)
    report.dropped = [.init(reason: "rate", frames: 43)]
    statistics.senders[0].report = report
    return statistics
  }

  private func text(_ form: Exposition) -> String {
    let output = ReceiveOutput("mirror.pcapng", slots: []) { _, _ in }
    let families = ReceiveExposition().families(statistics(), outputs: [output], Self.process)
    return Self.unversioned(String(decoding: form.bytes(families), as: UTF8.self))
  }

  /// As the files have it, which no version changes.
  private static func unversioned(_ text: String) -> String {
    text.split(separator: "\"\(Version.current)\"", omittingEmptySubsequences: false).joined(separator: "\"0.1.0\"")
  }

  /// The very bytes of both forms, which validators read too.
  @Test(arguments: [(Exposition.text, "receive.prom"), (.openMetrics, "receive.openmetrics")])
  func everyByte(_ form: Exposition, _ file: String) throws {
    #expect(try GoldenFile.has(text(form), file), "\(text(form))")
  }

  @Test func everyByteForCloudWatch() throws {
    var line = ReceiveReport.Line(
      time: 1_700_000_000_125_999_999, nanoseconds: 29_996_999_999, isFinal: false,
      counters: statistics().counters, total: statistics().counters, senders: statistics().senders)
    line.host = "collector-1"
    #expect(try GoldenFile.has(Self.unversioned(line.emf + "\n"), "receive.emf.json"), "\(line.emf)")
  }

  /// Who invents senders makes nobody keep or send more than so many of them, and those that were there first stay.
  @Test func sendersAreBounded() {
    var many = statistics(4_000)
    many.senders.reverse()
    let families = ReceiveExposition().families(many, outputs: [], Self.process)
    let shown = families.first { $0.name == "packet_forwarder_receive_sender_datagrams" }?.samples ?? []
    #expect(shown.count == ReceiveExposition.maximumSenders)
    #expect(shown.first?.labels.first?.value == "192.0.2.1")
    let hidden = families.first { $0.name == "packet_forwarder_receive_hidden_senders" }
    #expect(hidden?.samples.first?.value == .whole(UInt64(4_000 - ReceiveExposition.maximumSenders)))
    #expect(Exposition.text.bytes(families).count < 2 << 20)
  }

  /// A counter that goes down would be counted once more.
  @Test func whatMayFallDoesNot() {
    let exposition = ReceiveExposition()
    var now = statistics()
    func lost() -> MetricFamily.Value? {
      exposition.families(now, outputs: [], Self.process)
        .first { $0.name == "packet_forwarder_receive_sender_lost_datagrams" }?.samples.first?.value
    }
    #expect(lost() == .whole(34))
    now.senders[0].stream.lost = 30
    #expect(lost() == .whole(34))
    now.senders[0].stream.lost = 35
    #expect(lost() == .whole(35))
    // A forwarder that began anew does count from 0.
    now.senders[0].report?.captured = 1
    let captured = exposition.families(now, outputs: [], Self.process)
      .first { $0.name == "packet_forwarder_receive_sender_captured_packets" }
    #expect(captured?.samples.first?.value == .whole(1))
  }

  @Test func namesAreUnique() {
    let names = ReceiveExposition().families(statistics(), outputs: [], Self.process).map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.wholeMatch(of: /[a-z][a-z_]*[a-z]/) != nil && !$0.hasSuffix("_total") })
  }
}
