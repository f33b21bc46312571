import Testing
import Wire

@testable import Receiver

/// What is lost between a forwarder and here, by its reports.
@Suite struct StreamAccountTests {
  /// A forwarder's port and the way to the receiver, which loses, doubles and delays what it is told to.
  private struct Port {
    var stream: UInt64 = 7
    var sent: UInt64 = 0
    var sequence: UInt32 = 0
    /// Nanoseconds.
    var birth: Int64 = 2_000_000_000
    var now: Int64 = 2_000_000_000
    var account = StreamAccount()
    var received: UInt64 = 0

    var figures: StreamAccount.Figures { account.figures(received: received) }

    mutating func send(_ count: UInt64, lost: UInt64 = 0, doubled: UInt64 = 0) {
      sent += count
      received += count - lost + doubled
    }

    func report(isLast: Bool = false) -> ReportFrame {
      var report = ReportFrame()
      (report.stream, report.sequence, report.datagrams, report.isLast) = (stream, sequence, sent, isLast)
      report.age = UInt64(now - birth)
      report.clock = UInt64(now)
      return report
    }

    /// A report that goes out, and comes.
    mutating func sendReport(isLast: Bool = false, isLost: Bool = false) {
      let report = report(isLast: isLast)
      sent += 1
      sequence += 1
      if !isLost { deliver(report) }
      now += 1_000_000_000
    }

    mutating func deliver(_ report: ReportFrame) {
      account.take(report, received: received, stamp: UInt64(now) + 5_000, now: now, start: 1_000_000_000)
      received += 1
    }

    mutating func restart() { (stream, sent, sequence, birth) = (stream + 1, 0, 0, now) }
  }

  @Test func nothingIsLost() {
    var port = Port()
    for _ in 0..<5 {
      port.send(100)
      port.sendReport()
    }
    port.send(10)
    port.sendReport(isLast: true)
    let figures = port.figures
    #expect(figures.sent == 516 && port.received == 516)
    #expect(figures.lost == 0 && figures.duplicated == 0 && figures.reports == 6)
    #expect(figures.delay == 5_000 && figures.leastDelay == 5_000)
  }

  /// Before the first report, between reports, after the last but one, and reports too.
  @Test func everyLossIsCounted() {
    var port = Port()
    port.send(100, lost: 7)
    port.sendReport()
    port.send(100, lost: 20)
    port.sendReport(isLost: true)
    port.sendReport()
    #expect(port.figures.lost == 7, "the last report alone does not say so")
    port.sendReport()
    #expect(port.figures.lost == 28)
    port.send(50, lost: 2)
    port.sendReport(isLast: true)
    #expect(port.figures.lost == 30)
    #expect(port.figures.sent == port.sent)
  }

  @Test func whatOvertakesAReportIsNotLost() {
    var port = Port()
    port.send(100)
    for _ in 0..<10 {
      // 30 datagrams overtake one report, and are late for the next.
      let report = port.report()
      port.sent += 1
      port.sequence += 1
      port.send(30)
      port.deliver(report)
      port.now += 1_000_000_000
      port.send(60, lost: 60)
      port.sendReport()
      port.received += 60
    }
    #expect(port.figures.lost == 0 && port.figures.duplicated == 0)
    port.send(10, lost: 10)
    port.sendReport(isLast: true)
    #expect(port.figures.lost == 10)
    port.received += 10
    #expect(port.figures.lost == 0, "late after the last report")
  }

  @Test func aLateReportIsCountedAndNotUsed() {
    var port = Port()
    port.sendReport()
    let late = port.report()
    port.sent += 1
    port.sequence += 1
    port.send(100)
    port.sendReport()
    port.deliver(late)
    port.sendReport()
    port.sendReport()
    let figures = port.figures
    #expect(figures.lateReports == 1 && figures.lost == 0 && figures.duplicated == 0)
  }

  @Test func duplicatesAreNoNewDatagrams() {
    var port = Port()
    for _ in 0..<3 {
      port.send(100, doubled: 4)
      port.sendReport()
    }
    port.sendReport(isLast: true)
    #expect(port.figures.duplicated == 12 && port.figures.lost == 0)
  }

  /// A receiver that starts later knows nothing of what went before.
  @Test func aReceiverThatComesLaterCountsFromItsFirstReport() {
    var port = Port()
    port.birth = 500_000_000
    port.sent = 10_000
    port.send(100, lost: 90)
    port.sendReport()
    port.send(100, lost: 3)
    port.sendReport()
    port.sendReport(isLast: true)
    #expect(port.figures.lost == 3)
    #expect(port.figures.sent == 103)
  }

  /// With its last words and without, on the same port.
  @Test(arguments: [true, false]) func aRestartIsNoLoss(saysSo: Bool) {
    var port = Port()
    port.send(100, lost: 5)
    port.sendReport()
    port.sendReport()
    port.send(40)
    if saysSo { port.sendReport(isLast: true) }
    port.now += 3_000_000_000
    port.restart()
    port.send(200, lost: 6)
    port.sendReport()
    port.sendReport(isLast: true)
    let figures = port.figures
    // Without the last words the tail of 40 may fill what is missing of the head.
    #expect(saysSo ? figures.lost == 11 : (5...11).contains(figures.lost))
    #expect(figures.duplicated == 0)
  }

  /// Whatever is reported in whatever order: figures never trap.
  @Test func nonsenseIsHarmless() {
    var generator = SeededGenerator(seed: 1301)
    for _ in 0..<2_000 {
      var account = StreamAccount()
      var received: UInt64 = 0
      for _ in 0..<20 {
        var report = ReportFrame()
        report.stream = .random(in: 0...2, using: &generator)
        report.sequence = Bool.random(using: &generator) ? .random(in: 0...9, using: &generator) : .max
        report.datagrams = Bool.random(using: &generator) ? .random(in: 0...99, using: &generator) : .max
        report.age = .random(in: 0...UInt64.max, using: &generator)
        report.clock = .random(in: 0...UInt64.max, using: &generator)
        report.isLast = Bool.random(using: &generator)
        account.take(
          report, received: received, stamp: .random(in: 0...UInt64.max, using: &generator),
          now: .random(in: 0...(1 << 62), using: &generator), start: .random(in: 0...(1 << 62), using: &generator))
        received += .random(in: 0...50, using: &generator)
        let figures = account.figures(received: received)
        #expect(figures.lateReports + figures.reports <= 20)
      }
    }
  }
}
