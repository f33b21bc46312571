import Foundation
import Mirror
import Synchronization
import System
import Telemetry
import Testing
import Transport

@testable import Forwarder

@Suite struct StatisticsClockTests {
  private func counters(_ factor: UInt64) -> Counters {
    var counters = Counters()
    counters.capture.captured = 1_000 * factor
    counters.send.forwardedFrames = 1_000 * factor
    return counters
  }

  private func collectors(_ factor: UInt64) throws -> [CollectorReport] {
    var one = CollectorReport(address: try #require(SocketAddress(numeric: "192.0.2.1", port: 4_789)))
    one.sentDatagrams = 1_200 * factor
    return [one]
  }

  private func status(_ counters: Counters, _ collectors: [CollectorReport] = []) -> ForwarderStatus {
    ForwarderStatus(
      version: "0.1.0", host: "app-1", time: 1_700_000_000_000_000_000, uptime: 0, interface: "any", engine: "ring",
      mtu: 1_500, vni: 1, areCapturing: [true], collectors: collectors.map { .init(report: $0, pathMTU: 1_500) },
      counters: counters)
  }

  /// The interval of a line is that between two lines, whatever it counts is that between two moments.
  @Test func theClockPrintsDifferences() throws {
    var settings = Settings(destinations: [])
    settings.statFormat = .json
    let lines = Lines()
    let clock = StatisticsClock(settings) { lines.append($0) }
    #expect(!clock.isDue)
    #expect((1...1_000).contains(clock.millisecondsToNext(atMost: 1_000)))
    for factor: UInt64 in [2, 5] { clock.tick(status(counters(factor), try collectors(factor))) }
    clock.finish(status(counters(5), try collectors(5)))
    let documents = try lines.all.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(documents.map { $0["captured_packets"] as? Int } == [2_000, 3_000, 0])
    let totals = documents.map { ($0["total"] as? [String: Any])?["captured_packets"] as? Int }
    #expect(totals == [2_000, 5_000, 5_000])
    #expect(documents.map { $0["final"] as? Bool } == [false, false, true])
    let sent = documents.map { ($0["collectors"] as? [[String: Any]])?.first?["sent_datagrams"] as? Int }
    #expect(sent == [2_400, 3_600, 0])
  }

  /// A process that was stopped for long prints one line for all of that time, and the next a whole interval later;
  /// one that wakes up a little late keeps its rhythm.
  @Test func aPauseIsOneInterval() throws {
    var settings = Settings(destinations: [])
    settings.statDuration = 10
    let now = Mutex<Int64>(5_000)
    let lines = Lines()
    let clock = StatisticsClock(settings, clock: { now.withLock { $0 } }) { lines.append($0) }
    var printed: [Int64] = []
    // Looks as the statistics' thread does; the process is stopped from 18 s to 47.3 s.
    for time in [5_000, 14_999, 15_003, 18_000, 47_300, 47_301, 48_300, 57_299, 57_300, 67_300] as [Int64] {
      now.withLock { $0 = time }
      guard clock.isDue else { continue }
      printed.append(time)
      clock.tick(status(Counters()))
    }
    #expect(printed == [15_003, 47_300, 57_300, 67_300])
    #expect(
      lines.all.map { String($0.dropFirst(21).prefix(12)) } == [
        "stats 10.0s ", "stats 32.3s ", "stats 10.0s ", "stats 10.0s ",
      ])
  }

  /// STAT_DURATION=0: never due, and a last line all the same.
  @Test func statisticsCanBeOff() {
    var settings = Settings(destinations: [])
    settings.statDuration = 0
    let lines = Lines()
    let clock = StatisticsClock(settings) { lines.append($0) }
    #expect(!clock.isDue)
    #expect(clock.millisecondsToNext(atMost: 700) == 700)
    clock.finish(status(Counters()))
    #expect(lines.all.count == 1)
  }
}
