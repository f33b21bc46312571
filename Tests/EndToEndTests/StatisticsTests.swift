import Foundation
import Testing

extension EndToEnd {
  /// Figures that must agree, to the packet, with each other, with the generator and with the collector.
  @Suite struct StatisticsLines {
    private static let port = 7000

    private func environment(_ engine: Engine, _ more: [String: String]) -> [String: String] {
      let common = [
        "BPF_FILTER": "udp dst port \(Self.port)", "DESTINATION": Testbed.collectorName, "MTU": "1500",
        "CAPTURE": engine.rawValue,
      ]
      return common.merging(more) { $1 }
    }

    private func send(_ count: Int, size: Int, perSecond: Int, _ testbed: Testbed) throws {
      let address = Testbed.Address.app
      try testbed.runScript(
        "udp_sender.py", [address, "\(Self.port)", "\(count)", "\(size)", "\(perSecond)"], in: testbed.peer)
    }

    @Test(arguments: Engine.allCases, ["eth0", "any"])
    func agreeWithTheGenerator(_ engine: Engine, interface: String) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(
          environment(
            engine, ["INTERFACE": interface, "STAT_DURATION": "1", "STAT_FORMAT": "json"]), testbed: testbed)
        let start = monotonicSeconds()
        try send(10_000, size: 100, perSecond: 4_000, testbed)
        let lines = try forwarder.stopWithStatistics()
        let duration = monotonicSeconds() - start
        try Recorder.stop(recorder)

        let total = try #require(lines.last).total
        #expect(total.capturedPackets == 10_000)
        #expect(total.forwardedPackets == 10_000)
        #expect(total.sentDatagrams == 10_000)
        // Ethernet, IPv4, UDP, payload.
        if interface == "eth0" { #expect(total.capturedBytes == 10_000 * (14 + 20 + 8 + 100)) }

        #expect(lines.count >= 3, "one line a second, and the last one")
        #expect(lines.dropLast().allSatisfy { $0.interval > 0.9 && $0.interval < 2 })
        let intervals = lines.map(\.interval).reduce(0, +)
        #expect(intervals > duration - 1 && intervals < duration + 2, "the intervals cover the run")
        #expect(lines.allSatisfy { $0.interface == interface && $0.engine == engine.rawValue })
        #expect(lines.allSatisfy { ISO8601DateFormatter.date($0.time) != nil })
        #expect(lines.allSatisfy { !$0.version.isEmpty && $0.host == ProcessInfo.processInfo.hostName })
        #expect(lines.allSatisfy { $0.collectors.map(\.address) == ["\(Testbed.Address.collector):4789"] })

        let mirror = try recorder.mirror().mirror
        #expect(NumberedDatagrams.numbers(mirror).sorted() == Array(0..<10_000))
        #expect(mirror.inner.allSatisfy { $0.bytes.count == 14 + 20 + 8 + 100 })
      }
    }

    @Test(arguments: Engine.allCases) func textCarriesTheSameFigures(_ engine: Engine) throws {
      try withTestbed { testbed in
        let forwarder = try Forwarder(
          environment(engine, ["INTERFACE": "eth0", "STAT_DURATION": "1"]), testbed: testbed)
        try send(4_321, size: 100, perSecond: 2_000, testbed)
        let lines = try forwarder.stop().split(separator: "\n").map(String.init)
        #expect(lines.count >= 3)
        for word in ["captured", "forwarded", "sent"] {
          let figures = lines.map { line in
            line.split(separator: ",").first { $0.contains(word) }?.firstMatch(of: #/\d+/#).flatMap { Int($0.0) }
          }
          #expect(figures.compactMap(\.self).reduce(0, +) == 4_321, "\(word): \(lines)")
        }
      }
    }

    @Test func noIntervalLinesWhenTurnedOff() throws {
      try withTestbed { testbed in
        let forwarder = try Forwarder(
          environment(.libpcap, ["INTERFACE": "eth0", "STAT_DURATION": "0", "STAT_FORMAT": "json"]),
          testbed: testbed)
        try send(1_000, size: 100, perSecond: 1_000, testbed)
        #expect(try forwarder.stopWithStatistics().map(\.final) == [true])
      }
    }

    /// Datagrams that do not fit: `drop` counts them, and the others pass.
    @Test(arguments: Engine.allCases) func oversizeIsCounted(_ engine: Engine) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(
          environment(engine, ["INTERFACE": "eth0", "STAT_FORMAT": "json", "OVERSIZE": "drop"]),
          testbed: testbed)
        try send(30, size: 4_000, perSecond: 1_000, testbed)
        try send(70, size: 1_000, perSecond: 1_000, testbed)
        let total = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        #expect(total.capturedPackets == 100)
        #expect(total.droppedPackets.oversize == 30)
        #expect(total.forwardedPackets == 70)
        #expect(total.sentDatagrams == 70)
        #expect(try recorder.mirror().mirror.datagrams.count == 70)
      }
    }
  }
}

extension ISO8601DateFormatter {
  /// As RFC 3339 has it, with or without a fraction of a second.
  fileprivate static func date(_ text: String) -> Date? {
    let whole = ISO8601DateFormatter()
    let fractional = ISO8601DateFormatter()
    fractional.formatOptions.insert(.withFractionalSeconds)
    return whole.date(from: text) ?? fractional.date(from: text)
  }
}
