import Foundation
import Mirror
import System
import Telemetry
import Testing
import Transport

/// What the figures are; which there are, to the byte, is in `GoldenStatisticsTests`.
@Suite struct StatisticsReportTests {
  private func counters(_ factor: UInt64 = 1) -> Counters {
    var counters = Counters()
    counters.capture.captured = 1_000 * factor
    counters.capture.capturedBytes = 750_000 * factor
    counters.capture.droppedOversize = 1 * factor
    counters.capture.droppedRate = 2 * factor
    counters.capture.droppedSample = 3 * factor
    counters.capture.droppedLoop = 12 * factor
    counters.capture.droppedNoDestination = 4 * factor
    counters.capture.segmented = 5 * factor
    counters.capture.fragmented = 6 * factor
    counters.capture.truncated = 7 * factor
    counters.capture.checksumsFilled = 8 * factor
    counters.send.forwardedFrames = 968 * factor
    counters.send.sentDatagrams = 1_200 * factor
    counters.send.sentBytes = 800_000 * factor
    counters.send.addDropped(9 * factor, code: EPERM)
    counters.send.addDropped(1 * factor, code: ENOBUFS)
    counters.kernelDropped = 11 * factor
    counters.reserveFrames = 14 * factor
    counters.blindMilliseconds = 13 * factor
    return counters
  }

  private func collectors(_ factor: UInt64 = 1) throws -> [CollectorReport] {
    var one = CollectorReport(address: try #require(SocketAddress(numeric: "192.0.2.1", port: 4_789)))
    one.sentDatagrams = 1_200 * factor
    one.sentBytes = 800_000 * factor
    one.failed = [EPERM: 9 * factor, EINVAL: 0]
    one.icmp = ["port unreachable": 14 * factor]
    one.lastError = "EPERM"
    return [one, CollectorReport(address: try #require(SocketAddress(numeric: "2001:db8::1", port: 4_790)))]
  }

  private func report(isFinal: Bool) throws -> StatisticsReport {
    let status = Fixture.status(counters(10), try collectors(10))
    return StatisticsReport(
      status, since: counters(9), try collectors(9), milliseconds: 10_040, isFinal: isFinal)
  }

  /// The end can come in the millisecond of the last line.
  @Test func anIntervalOfNothingHasRatesAllTheSame() throws {
    var report = try report(isFinal: false)
    report.milliseconds = 0
    #expect(report.text.contains(" stats 0.0s any ring mtu 9000, captured 1000 (1000000/s) 750.0 kB (6.0 Gbit/s), "))
  }

  @Test(arguments: [false, true]) func jsonHasTheIntervalOnTopAndTheTotalBelow(isFinal: Bool) throws {
    let line = try report(isFinal: isFinal).json
    #expect(!line.contains("\n"))
    let document = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(document["time"] as? String == "2023-11-14T22:13:20.125Z")
    #expect(document["interval"] as? Double == 10.04)
    #expect(document["final"] as? Bool == isFinal)
    #expect(document["interface"] as? String == "any")
    #expect(document["engine"] as? String == "ring")
    #expect(document["mtu"] as? Int == 9_000)
    #expect(document["version"] as? String == "0.1.0")
    #expect(document["host"] as? String == "app-1")
    try check(document, factor: 1)
    let total = try #require(document["total"] as? [String: Any])
    try check(total, factor: 10)
  }

  private func check(_ object: [String: Any], factor: Int) throws {
    let expected = [
      "captured_packets": 1_000, "captured_bytes": 750_000, "forwarded_packets": 968, "sent_datagrams": 1_200,
      "sent_bytes": 800_000, "kernel_dropped_packets": 11, "reserve_packets": 14, "segmented_packets": 5,
      "fragmented_packets": 6, "truncated_packets": 7, "checksums_filled": 8, "blind_milliseconds": 13,
      "dropped_total": 32,
    ]
    for (key, value) in expected { #expect(object[key] as? Int == value * factor, "\(key)") }
    let dropped = try #require(object["dropped_packets"] as? [String: Any])
    #expect(dropped["loop"] as? Int == 12 * factor)
    #expect(dropped["oversize"] as? Int == 1 * factor)
    #expect(dropped["rate"] as? Int == 2 * factor)
    #expect(dropped["sample"] as? Int == 3 * factor)
    #expect(dropped["no_destination"] as? Int == 4 * factor)
    #expect(dropped["send"] as? [String: Int] == ["EPERM": 9 * factor, "ENOBUFS": 1 * factor])
    let collectors = try #require(object["collectors"] as? [[String: Any]])
    try #require(collectors.count == 2)
    #expect(collectors[0]["address"] as? String == "192.0.2.1:4789")
    #expect(collectors[0]["sent_datagrams"] as? Int == 1_200 * factor)
    #expect(collectors[0]["sent_bytes"] as? Int == 800_000 * factor)
    #expect(collectors[0]["failed"] as? [String: Int] == ["EPERM": 9 * factor])
    #expect(collectors[0]["icmp"] as? [String: Int] == ["port unreachable": 14 * factor])
    #expect(collectors[0]["last_error"] as? String == "EPERM")
    #expect(collectors[1]["address"] as? String == "[2001:db8::1]:4790")
    #expect(collectors[1]["failed"] as? [String: Int] == [:])
    #expect(collectors[1]["last_error"] is NSNull)
  }

  /// A collector that was not there before, or whose counters began afresh, got all that they say.
  @Test func collectorsComeAndGo() throws {
    let before = try collectors(2)
    var now = try collectors(5)
    now[0].failed[ENOBUFS] = 3
    now[1].address = try #require(SocketAddress(numeric: "198.51.100.9", port: 1))
    now[1].sentDatagrams = 7
    let new = now.since(before)
    #expect(new.map(\.sentDatagrams) == [3_600, 7])
    #expect(new[0].failed == [EPERM: 27, ENOBUFS: 3])
    #expect(new[0].icmp == ["port unreachable": 42])
    #expect(try collectors(1).since(before)[0].sentDatagrams == 1_200)
  }
}
