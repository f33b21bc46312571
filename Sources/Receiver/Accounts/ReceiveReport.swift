internal import System
internal import Telemetry

/// Turns counters into the statistics lines of the receiving side. Each line covers the time since the one before,
/// as measured; the last covers everything.
public struct ReceiveReport: Sendable {
  /// How a line looks.
  public enum Format: String, CaseIterable, Sendable {
    /// For people.
    case text
    /// One JSON object.
    case json
  }

  /// The figures of a line.
  struct Line {
    /// When the interval ended, in nanoseconds since 1970.
    var time: Int64
    /// Length of the interval.
    var nanoseconds: Int64
    var isFinal: Bool
    /// What the interval counted.
    var counters: ReceiveCounters
    /// What was counted since the start.
    var total: ReceiveCounters
    /// Since the start.
    var senders: [SenderFigures] = []
  }

  private let format: Format
  private let start = MonotonicClock.nanoseconds
  private var lastTime: Int64
  private var last = ReceiveCounters()

  /// Time runs from here.
  public init(format: Format) {
    self.format = format
    lastTime = start
  }

  /// The line for the interval that ends now, without a line end.
  ///
  /// - Parameters:
  ///   - statistics: what was counted since the start.
  ///   - isFinal: whether no other line will follow. In text it then shows the totals.
  public mutating func line(_ statistics: ReceiveStatistics, isFinal: Bool) -> String {
    let total = statistics.counters
    let now = MonotonicClock.nanoseconds
    var line = Line(
      time: WallClock.nanosecondsSince1970, nanoseconds: now - lastTime, isFinal: isFinal, counters: total.since(last),
      total: total, senders: statistics.senders)
    last = total
    lastTime = now
    switch format {
    case .text:
      if isFinal { (line.counters, line.nanoseconds) = (total, now - start) }
      return line.text
    case .json:
      return line.json
    }
  }
}

extension ReceiveReport.Line {
  var text: String {
    "\(UTCTime.second(UInt64(clamping: time))) received \(isFinal ? "in all " : "")in \(seconds) s: "
      + ReceiveMetrics.counters.words(of: counters, seconds: Double(nanoseconds) / 1_000_000_000) + senderWords
  }

  /// How many senders there were, or who the only one was.
  private var senderWords: String {
    switch senders.count {
    case 0: ""
    case 1: ", from \(senders[0].sender)"
    case let count: ", from \(count) senders"
    }
  }

  var json: String {
    let figures = ReceiveMetrics.line.members(of: self) + ReceiveMetrics.counters.members(of: counters)
    let senders = senders.map { JSONValue.object(ReceiveMetrics.senders.members(of: $0)) }
    return JSONValue.object(
      figures + [("total", .object(ReceiveMetrics.counters.members(of: total))), ("senders", .array(senders))]
    ).text()
  }

  var utc: String { UTCTime.rfc3339(UInt64(clamping: time)) }

  /// With three decimals.
  var seconds: String {
    let milliseconds = nanoseconds / 1_000_000
    return "\(milliseconds / 1_000).\(String(1_000 + milliseconds % 1_000).dropFirst())"
  }
}
