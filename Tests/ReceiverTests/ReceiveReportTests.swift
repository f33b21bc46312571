import Foundation
import Testing

@testable import Receiver

@Suite struct ReceiveReportTests {
  private func counters(_ scale: UInt64) -> ReceiveCounters {
    var counters = ReceiveCounters()
    counters.datagrams = 10 * scale
    counters.bytes = 1000 * scale
    counters.frames = 3 * scale
    counters.frameBytes = 500 * scale
    counters.undelivered = 1 * scale
    counters.invalidHeaders = 3 * scale
    counters.otherVNI = 2 * scale
    counters.truncated = 1 * scale
    counters.otherSender = 4 * scale
    counters.filtered = 5 * scale
    counters.fragmented = 6 * scale
    counters.kernelDropped = 7 * scale
    return counters
  }

  private func statistics(_ scale: UInt64) -> ReceiveStatistics {
    var statistics = ReceiveStatistics()
    statistics.counters = counters(scale)
    return statistics
  }

  private struct Line: Decodable, Equatable {
    struct Counters: Decodable, Equatable {
      var received_datagrams, received_bytes, delivered_frames, delivered_bytes, undelivered_frames: UInt64
      var invalid_headers, other_vni, truncated_datagrams, other_senders, filtered_frames: UInt64
      var fragmented_datagrams, kernel_dropped_datagrams: UInt64
    }
    var time: String
    var interval: Double
    var final: Bool
    var total: Counters
  }

  @Test func jsonHasTheIntervalOnTopAndTheTotalBelow() throws {
    var report = ReceiveReport(format: .json)
    _ = report.line(statistics(1), isFinal: false)
    let text = Data(report.line(statistics(3), isFinal: true).utf8)
    let interval = try JSONDecoder().decode(Line.Counters.self, from: text)
    let line = try JSONDecoder().decode(Line.self, from: text)
    #expect(
      interval
        == Line.Counters(
          received_datagrams: 20, received_bytes: 2000, delivered_frames: 6, delivered_bytes: 1000,
          undelivered_frames: 3, invalid_headers: 6, other_vni: 4, truncated_datagrams: 2, other_senders: 8,
          filtered_frames: 10, fragmented_datagrams: 12, kernel_dropped_datagrams: 14)
    )
    #expect(
      line.total
        == Line.Counters(
          received_datagrams: 30, received_bytes: 3000, delivered_frames: 9, delivered_bytes: 1500,
          undelivered_frames: 3, invalid_headers: 9, other_vni: 6, truncated_datagrams: 3, other_senders: 12,
          filtered_frames: 15, fragmented_datagrams: 18, kernel_dropped_datagrams: 21)
    )
    #expect(line.final)
    #expect(line.interval >= 0 && line.interval < 60)
    let time = try Date(line.time, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    #expect(abs(time.timeIntervalSinceNow) < 60)
  }

  @Test func textShowsTheIntervalAndAtTheEndEverything() {
    var report = ReceiveReport(format: .text)
    _ = report.line(statistics(1), isFinal: false)
    let line = report.line(statistics(2), isFinal: false)
    #expect(line.contains("Z received in 0."))
    #expect(
      line.hasSuffix(
        " s: 10 datagrams (1000 bytes), 3 frames (500 bytes), 2 not written, 3 with an invalid header, 2 of other VNIs, "
          + "1 truncated, 4 of other senders, 5 filtered out, 6 came in fragments, 7 dropped by the kernel"))
    let last = report.line(statistics(2), isFinal: true)
    #expect(last.contains("Z received in all in 0.") && last.contains(" s: 20 datagrams (2000 bytes), "))
  }
}
