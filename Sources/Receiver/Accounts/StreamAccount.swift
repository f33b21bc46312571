public import Wire

/// What a forwarder says it has sent from one source port, beside what has come from there.
///
/// Datagrams carry no numbers, so it is counts that are compared: a report says how many were sent before it, and those
/// that have come are counted. What overtakes a report, or is overtaken by it, makes up for it by the next one: only
/// what is missing at two reports in a row, or when no more is to come, is called lost.
public struct StreamAccount: Equatable, Sendable {
  /// What there is to say of a source port, over all the streams that used it.
  public struct Figures: Equatable, Sendable {
    /// Datagrams that the forwarder says it has sent, as far as it can be held against what came.
    public var sent: UInt64 = 0
    /// Datagrams that were sent and did not come.
    public var lost: UInt64 = 0
    /// Datagrams that came more often than they were sent, beyond those that were lost.
    public var duplicated: UInt64 = 0
    /// Reports that came behind a younger one.
    public var lateReports: UInt64 = 0
    /// Reports that came in time.
    public var reports: UInt64 = 0
    /// From the forwarder's clock to the kernel's stamp here, in nanoseconds, of the last report; what the two clocks
    /// differ by is in it. nil before the first report.
    public var delay: Int64?
    /// The least of these.
    public var leastDelay: Int64?

    /// Nothing yet.
    public init() {}

    /// Adds those of another port of the same sender.
    static func += (sum: inout Figures, more: Figures) {
      sum.sent &+= more.sent
      sum.lost &+= more.lost
      sum.duplicated &+= more.duplicated
      sum.lateReports &+= more.lateReports
      sum.reports &+= more.reports
      sum.delay = [sum.delay, more.delay].compactMap { $0 }.max()
      sum.leastDelay = [sum.leastDelay, more.leastDelay].compactMap { $0 }.min()
    }
  }

  /// The stream that reports are of.
  private struct Stream: Equatable {
    var number: UInt64
    /// Where counting began: what had been sent, and what had come.
    var baseSent: UInt64
    var baseReceived: UInt64
    var sequence: UInt32
    /// Sent at the last report since the base, that report itself not counted.
    var sent: UInt64
    /// What had come at the last report.
    var receivedAtReport: UInt64
    /// Sent less received, at the last report and at the one before.
    var missing: Int64
    var missingBefore: Int64?
    var isLast: Bool

    /// Less than that has not been missing at the last two reports.
    var settled: (lost: UInt64, duplicated: UInt64) {
      let before = missingBefore ?? missing
      return (UInt64(max(0, min(before, missing))), UInt64(max(0, -max(before, missing))))
    }
  }

  /// Nanoseconds by which a stream must be younger than the receiver to have been here from its beginning: its age is
  /// known but for the time that a report is under way.
  private static let margin: Int64 = 5_000_000

  /// What the streams before the present one came to.
  private var past = Figures()
  private var stream: Stream?
  /// The last report.
  public private(set) var lastReport: ReportFrame?

  /// Nothing has come yet.
  public init() {}

  /// Takes in a report.
  ///
  /// - Parameters:
  ///   - report: what came.
  ///   - received: datagrams that came from the port before it, reports among them.
  ///   - stamp: when it came by the kernel's stamp, nanoseconds since 1970.
  ///   - now: the same moment by a clock that does not go back.
  ///   - start: when this receiver began to listen, by that clock.
  public mutating func take(_ report: ReportFrame, received: UInt64, stamp: UInt64, now: Int64, start: Int64) {
    if let stream, stream.number == report.stream, report.sequence <= stream.sequence {
      past.lateReports &+= 1
      return
    }
    if stream?.number != report.stream { begin(report, received: received, now: now, start: start) }
    guard var current = stream else { return }
    current.missingBefore = current.sequence == report.sequence ? nil : current.missing
    current.sequence = report.sequence
    current.sent = report.datagrams &- current.baseSent
    current.receivedAtReport = received
    current.missing = Int64(clamping: current.sent) &- Int64(clamping: received &- current.baseReceived)
    current.isLast = report.isLast
    stream = current
    past.reports &+= 1
    let delay = Int64(clamping: stamp) &- Int64(clamping: report.clock)
    past.delay = delay
    past.leastDelay = min(past.leastDelay ?? delay, delay)
    lastReport = report
  }

  /// The first report of a stream: what there was before is settled.
  private mutating func begin(_ report: ReportFrame, received: UInt64, now: Int64, start: Int64) {
    var claimed = received
    if let old = stream {
      // Behind the old stream's last report, itself a datagram, may have come its tail and the new one's head.
      let unclaimed = received &- min(old.receivedAtReport &+ 1, received)
      claimed = old.isLast ? unclaimed : min(unclaimed, report.datagrams)
      let figures = settled(old, received: received &- claimed)
      past.sent &+= figures.sent
      past.lost &+= figures.lost
      past.duplicated &+= figures.duplicated
    }
    let isWhole = now &- Int64(clamping: report.age) > start &+ Self.margin
    stream = Stream(
      number: report.stream, baseSent: isWhole ? 0 : report.datagrams,
      baseReceived: isWhole ? received &- claimed : received, sequence: report.sequence, sent: 0,
      receivedAtReport: received, missing: 0, missingBefore: nil, isLast: false)
  }

  /// What a stream comes to when `received` have come.
  private func settled(_ stream: Stream, received: UInt64) -> (sent: UInt64, lost: UInt64, duplicated: UInt64) {
    guard stream.isLast else { return (stream.sent, stream.settled.lost, stream.settled.duplicated) }
    // Nothing is sent any more; the last report was the last datagram.
    let sent = stream.sent &+ 1
    let missing = Int64(clamping: sent) &- Int64(clamping: received &- stream.baseReceived)
    return (sent, UInt64(max(0, missing)), UInt64(max(0, -missing)))
  }

  /// What it all comes to when so many datagrams have come from the port, reports among them.
  public func figures(received: UInt64) -> Figures {
    var figures = past
    guard let stream else { return figures }
    let present = settled(stream, received: received)
    figures.sent &+= present.sent
    figures.lost &+= present.lost
    figures.duplicated &+= present.duplicated
    return figures
  }
}
