internal import System
package import Telemetry

/// Turns counters into the statistics lines of the receiving side. Each line covers the time since the one before,
/// as measured; the last covers everything.
public struct ReceiveReport: Sendable {
  /// How a line looks.
  public enum Format: String, CaseIterable, Sendable {
    /// For people.
    case text
    /// One JSON object.
    case json
    /// The same, in the form that CloudWatch makes metrics of (embedded metric format).
    case emf
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
    /// The task that the receiver runs in; nil where none is known.
    var task: TaskMetadata?
    /// Name of its machine or container.
    var host = ""
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
  ///   - task: the task that the receiver runs in; nil where none is known.
  package mutating func line(_ statistics: ReceiveStatistics, isFinal: Bool, task: TaskMetadata? = nil) -> String {
    let total = statistics.counters
    let now = MonotonicClock.nanoseconds
    var line = Line(
      time: WallClock.nanosecondsSince1970, nanoseconds: now - lastTime, isFinal: isFinal, counters: total.since(last),
      total: total, senders: statistics.senders, task: task, host: HostName.current)
    last = total
    lastTime = now
    switch format {
    case .text:
      if isFinal { (line.counters, line.nanoseconds) = (total, now - start) }
      return line.text
    case .json:
      return line.json
    case .emf:
      return line.emf
    }
  }
}
