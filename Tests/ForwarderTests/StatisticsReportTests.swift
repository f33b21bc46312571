import Foundation
import Mirror
import Testing
import Transport

@testable import Forwarder

@Suite struct StatisticsReportTests {
  private func counters(_ factor: UInt64 = 1) -> Counters {
    var counters = Counters()
    counters.capture.captured = 1_000 * factor
    counters.capture.capturedBytes = 750_000 * factor
    counters.capture.droppedOversize = 1 * factor
    counters.capture.droppedRate = 2 * factor
    counters.capture.droppedSample = 3 * factor
    counters.capture.droppedNoDestination = 4 * factor
    counters.capture.segmented = 5 * factor
    counters.capture.fragmented = 6 * factor
    counters.capture.truncated = 7 * factor
    counters.capture.checksumsFilled = 8 * factor
    counters.send.forwardedFrames = 980 * factor
    counters.send.sentDatagrams = 1_200 * factor
    counters.send.sentBytes = 800_000 * factor
    counters.send.addDropped(9 * factor, code: EPERM)
    counters.send.addDropped(1 * factor, code: ENOBUFS)
    counters.kernelDropped = 11 * factor
    return counters
  }

  private func report(isFinal: Bool = false, _ counters: Counters? = nil, mtu: Int? = 9_000) -> StatisticsReport {
    StatisticsReport(
      time: 1_700_000_000.125, interval: 10.04, isFinal: isFinal, interface: "any", engine: "ring", mtu: mtu,
      counters: counters ?? self.counters(), total: self.counters(10))
  }

  @Test func text() {
    #expect(
      report().line(.text)
        == "stats 10.0s any ring mtu 9000, captured 1000 (100/s, 0.6 Mbit/s), forwarded 980, "
        + "sent 1200 datagrams 800000 bytes, "
        + "dropped 20 (oversize 1, rate 2, sample 3, no destination 4, EPERM 9, ENOBUFS 1), kernel dropped 11, "
        + "segmented 5 fragmented 6 truncated 7, checksums filled 8")
  }

  @Test func finalText() {
    #expect(
      report(isFinal: true, Counters(), mtu: nil).line(.text)
        == "final 10.0s any ring mtu 0, captured 0 (0/s, 0.0 Mbit/s), forwarded 0, sent 0 datagrams 0 bytes, "
        + "dropped 0, kernel dropped 0, segmented 0 fragmented 0 truncated 0, checksums filled 0, "
        + "total captured 10000 forwarded 9800 kernel dropped 110")
  }

  /// The end can come in the millisecond of the last line.
  @Test func anIntervalOfNothing() {
    var report = report()
    report.interval = 0
    #expect(report.line(.text).hasPrefix("stats 0.0s any ring mtu 9000, captured 1000 (1000000/s, 6000.0 Mbit/s), "))
  }

  @Test(arguments: [false, true]) func json(isFinal: Bool) throws {
    let line = report(isFinal: isFinal).line(.json)
    #expect(!line.contains("\n"))
    let document = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let figures: Set = [
      "captured_packets", "captured_bytes", "forwarded_packets", "sent_datagrams", "sent_bytes",
      "kernel_dropped_packets", "dropped_packets", "segmented_packets", "fragmented_packets", "truncated_packets",
      "checksums_filled",
    ]
    let head: Set = ["time", "interval", "final", "interface", "engine", "mtu", "total"]
    #expect(Set(document.keys) == figures.union(head))
    #expect(document["time"] as? String == "2023-11-14T22:13:20.125Z")
    #expect(document["interval"] as? Double == 10.04)
    #expect(document["final"] as? Bool == isFinal)
    #expect(document["interface"] as? String == "any")
    #expect(document["engine"] as? String == "ring")
    #expect(document["mtu"] as? Int == 9_000)
    try check(document, factor: 1)
    let total = try #require(document["total"] as? [String: Any])
    #expect(Set(total.keys) == figures)
    try check(total, factor: 10)
  }

  private func check(_ object: [String: Any], factor: Int) throws {
    let expected = [
      "captured_packets": 1_000, "captured_bytes": 750_000, "forwarded_packets": 980, "sent_datagrams": 1_200,
      "sent_bytes": 800_000, "kernel_dropped_packets": 11, "segmented_packets": 5, "fragmented_packets": 6,
      "truncated_packets": 7, "checksums_filled": 8,
    ]
    for (key, value) in expected { #expect(object[key] as? Int == value * factor, "\(key)") }
    let dropped = try #require(object["dropped_packets"] as? [String: Any])
    #expect(Set(dropped.keys) == ["oversize", "rate", "sample", "no_destination", "send"])
    #expect(dropped["oversize"] as? Int == 1 * factor)
    #expect(dropped["rate"] as? Int == 2 * factor)
    #expect(dropped["sample"] as? Int == 3 * factor)
    #expect(dropped["no_destination"] as? Int == 4 * factor)
    #expect(dropped["send"] as? [String: Int] == ["EPERM": 9 * factor, "ENOBUFS": 1 * factor])
  }

  /// The interval of a line is that between two lines, whatever it counts is that between two snapshots.
  @Test func theClockPrintsDifferences() throws {
    var settings = Settings(destinations: [])
    settings.statFormat = .json
    let lines = Lines()
    let clock = StatisticsClock(settings) { lines.append($0) }
    #expect(!clock.isDue)
    #expect((1...1_000).contains(clock.millisecondsToNext(atMost: 1_000)))
    for factor: UInt64 in [2, 5] {
      clock.tick(StatisticsClock.Snapshot(counters: counters(factor), engine: "ring", mtu: 1_500))
    }
    clock.finish(StatisticsClock.Snapshot(counters: counters(5), engine: "ring", mtu: 1_500))
    let documents = try lines.all.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(documents.map { $0["captured_packets"] as? Int } == [2_000, 3_000, 0])
    let totals = documents.map { ($0["total"] as? [String: Any])?["captured_packets"] as? Int }
    #expect(totals == [2_000, 5_000, 5_000])
    #expect(documents.map { $0["final"] as? Bool } == [false, false, true])
  }

  /// STAT_DURATION=0: never due, and a last line all the same.
  @Test func statisticsCanBeOff() {
    var settings = Settings(destinations: [])
    settings.statDuration = 0
    let lines = Lines()
    let clock = StatisticsClock(settings) { lines.append($0) }
    #expect(!clock.isDue)
    #expect(clock.millisecondsToNext(atMost: 700) == 700)
    clock.finish(StatisticsClock.Snapshot(counters: Counters(), engine: "", mtu: nil))
    #expect(lines.all.count == 1)
  }
}
