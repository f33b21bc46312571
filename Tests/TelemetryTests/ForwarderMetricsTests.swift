import Mirror
import System
import Telemetry
import TestSupport
import Testing
import Transport

@Suite struct ForwarderMetricsTests {
  /// Every 64-bit counter that there is, by where it is; what no operator needs is in the log's debug line.
  private static let hidden = [
    MemoryLayout<Counters>.offset(of: \.send.repeatedSends), MemoryLayout<Counters>.offset(of: \.send.sendCalls),
  ]

  private func counters(_ value: (Int) -> UInt64) -> Counters {
    var counters = Counters()
    withUnsafeMutableBytes(of: &counters) { bytes in
      for offset in stride(from: 0, to: bytes.count, by: 8) {
        bytes.storeBytes(of: value(offset), toByteOffset: offset, as: UInt64.self)
      }
    }
    return counters
  }

  @Test func everyCounterIsInExactlyOneFigure() {
    for offset in stride(from: 0, to: MemoryLayout<Counters>.size, by: 8) {
      let one = counters { $0 == offset ? 1 : 0 }
      let keys = ForwarderMetrics.counters.rows.filter { $0.sum(of: one) == 1 }.map(\.key)
      let figures = keys.filter { $0 != "dropped_total" }
      #expect(figures.count == (Self.hidden.contains(offset) ? 0 : 1), "the counter at byte \(offset) is in \(figures)")
      #expect(keys.contains("dropped_total") == figures.contains("dropped_packets"))
    }
  }

  /// What a golden text cannot tell apart it does not test.
  @Test func theFixtureHasAnotherValueForEachCounter() {
    let counters = Fixture.counters(1_000_000)
    let words = withUnsafeBytes(of: counters) { Array($0.bindMemory(to: UInt64.self)) }
    let set = words.filter { $0 != 0 }
    #expect(set.count == words.count - (SendCounters.errnoCount - 5))
    #expect(Set(set).count == set.count)
  }

  /// The equation of docs/statistics.md, for what balances and for what does not.
  @Test func capturedIsForwardedAndDropped() throws {
    let accounting = try #require(ForwarderMetrics.sums.first)
    var generator = SeededGenerator(seed: 77)
    for _ in 0..<50 {
      var counters = counters { _ in UInt64(generator.int(0...1_000_000)) }
      #expect(accounting.holds(in: ForwarderMetrics.counters, for: counters) == counters.isBalanced)
      let dropped = try #require(ForwarderMetrics.counters["dropped_total"]).sum(of: counters)
      counters.capture.captured = counters.send.forwardedFrames + dropped + counters.withheld
      #expect(counters.isBalanced)
      for sum in ForwarderMetrics.sums {
        #expect(sum.holds(in: ForwarderMetrics.counters, for: counters), "\(sum)")
      }
    }
  }

  @Test func aSumOfUnknownKeysNeverHolds() {
    let unknown = MetricSum("captured_packets", of: ["dropped_packets.no_such_key"])
    #expect(!unknown.holds(in: ForwarderMetrics.counters, for: Counters()))
  }

  @Test func keysAreUniqueAndSnakeCase() {
    let counters = ForwarderMetrics.counters.rows.map(\.key)
    let top =
      ForwarderMetrics.line.rows.map(\.key) + ForwarderMetrics.status.rows.map(\.key) + counters
      + ["collectors", "total"]
    for keys in [top, ForwarderMetrics.collector.rows.map(\.key)] {
      #expect(Set(keys).count == keys.count)
      #expect(keys.allSatisfy { $0.wholeMatch(of: /[a-z]+(_[a-z]+)*/) != nil })
    }
  }

  /// What a metrics system needs: a number has a unit, and what is no number has none.
  @Test func numbersHaveAUnitAndOnlyThey() {
    func check<Source>(_ table: MetricTable<Source>) {
      for row in table.rows {
        #expect(!row.help.isEmpty && row.help.last != ".", "\(row.key)")
        #expect((row.kind == .identity) == (row.unit == nil), "\(row.key)")
      }
    }
    check(ForwarderMetrics.line)
    check(ForwarderMetrics.status)
    check(ForwarderMetrics.counters)
    check(ForwarderMetrics.collector)
  }

  /// One sample for each reason, and one for each errno within `send`.
  @Test func droppedPacketsAreLabelled() {
    let samples = ForwarderMetrics.droppedPackets.samples(of: Fixture.counters(0))
    let labels = samples.map { $0.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",") }
    #expect(
      labels == [
        "reason=oversize", "reason=rate", "reason=cpu", "reason=sample", "reason=loop", "reason=no_destination",
        "reason=send,errno=EPERM", "reason=send,errno=E3", "reason=send,errno=EACCES", "reason=send,errno=ENOBUFS",
        "reason=send,errno=E135",
      ])
    #expect(samples.map(\.value) == [3, 4, 33, 5, 6, 7, 17, 18, 19, 20, 21])
    #expect(Fixture.counters(0).dropReasons.map(\.name)[5...6] == ["no destination", "EPERM"])
  }

  @Test(arguments: [(1, "1"), (0, "0"), (0.25, "0.25"), (1e-6, "0.000001"), (0.3333333, "0.333333"), (1.5, "1")])
  func shares(share: Double, text: String) {
    var status = Fixture.status(Counters())
    status.flowShare = share
    #expect(status.flowShareText == text)
  }

  @Test func failuresOfACollectorAreLabelled() throws {
    let report = try #require(Fixture.collectors(0).first)
    let failed = try #require(ForwarderMetrics.collector["failed"]).samples(of: report)
    #expect(failed.map { $0.labels.map(\.value) } == [["EPERM"], ["E3"], ["EACCES"], ["ENOBUFS"]])
    #expect(failed.map(\.value) == [26, 27, 28, 29])
    let icmp = try #require(ForwarderMetrics.collector["icmp"]).samples(of: report)
    #expect(icmp.map { $0.labels.map(\.value) } == [["host prohibited"], ["port unreachable"]])
    #expect(try #require(ForwarderMetrics.collector["last_error"]).samples(of: report).isEmpty)
  }

  @Test func figuresGoToTheEndOfTheirNumbers() throws {
    var counters = Counters()
    counters.capture.captured = .max
    counters.capture.capturedBytes = .max
    counters.capture.droppedLoop = .max
    counters.capture.droppedRate = 2
    counters.kernelDropped = .max
    var report = StatisticsReport(
      Fixture.status(counters), since: Counters(), [], milliseconds: 86_400_250, isFinal: true)
    #expect(report.json.contains("\"captured_packets\":18446744073709551615,"))
    #expect(report.json.contains("\"loop\":18446744073709551615,"))
    #expect(try Fixture.object(report.json)["captured_bytes"] as? UInt64 == .max)
    #expect(
      report.text.contains(" final 86400.3s any ring mtu 9000, captured 18446744073709551615 (213503364558662/s) "))
    #expect(
      report.text.hasSuffix(", total captured 18446744073709551615 kernel dropped 18446744073709551615"))
    // More a second than a number can say.
    report.milliseconds = 0
    #expect(report.text.contains("captured 18446744073709551615 (18446744073709551615/s) "))
  }
}
