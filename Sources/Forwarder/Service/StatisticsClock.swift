import Mirror
import Synchronization
import System
import Telemetry
import Transport

/// Prints a line every STAT_DURATION seconds and one at the end, each for the interval as it was measured.
final class StatisticsClock: Sendable {
  private struct State {
    var last = Counters()
    var lastCollectors: [CollectorReport] = []
    var lastTime: Int64
    var next: Int64
  }

  private let format: StatisticsFormat
  private let duration: Int64
  private let output: @Sendable (String) -> Void
  private let clock: @Sendable () -> Int64
  private let start: Int64
  private let state: Mutex<State>

  /// `output` gets each line. `clock` tells milliseconds that never go back.
  init(
    _ settings: Settings, clock: @escaping @Sendable () -> Int64 = { MonotonicClock.milliseconds },
    output: @escaping @Sendable (String) -> Void
  ) {
    format = settings.statFormat
    duration = Int64(settings.statDuration) * 1_000
    self.output = output
    self.clock = clock
    start = clock()
    state = Mutex(State(lastTime: start, next: start + duration))
  }

  /// Milliseconds until the next line is due, at most `limit`.
  func millisecondsToNext(atMost limit: Int64) -> Int64 {
    guard duration > 0 else { return limit }
    return max(1, min(limit, state.withLock { $0.next } - clock()))
  }

  /// Whether a line is due.
  var isDue: Bool { duration > 0 && state.withLock { $0.next } <= clock() }

  /// Milliseconds since it was made.
  var uptime: Int64 { clock() - start }

  /// Prints the line of the interval that ends with this moment.
  func tick(_ status: ForwarderStatus) {
    print(status, isFinal: false)
  }

  /// Prints the last line, whatever STAT_DURATION is.
  func finish(_ status: ForwarderStatus) {
    print(status, isFinal: true)
  }

  private func print(_ status: ForwarderStatus, isFinal: Bool) {
    let now = clock()
    let report = state.withLock { state in
      let report = StatisticsReport(
        status, since: state.last, state.lastCollectors, milliseconds: now - state.lastTime, isFinal: isFinal)
      state.last = status.counters
      state.lastCollectors = status.reports
      state.lastTime = now
      // Keeps the rhythm, but starts afresh after a pause: no line is for less than most of an interval.
      let isLate = now - state.next > duration / 10
      state.next = isLate ? now + duration : state.next + duration
      return report
    }
    output(report.line(format))
  }
}

extension StatisticsReport {
  /// The line for `format`, without a newline.
  fileprivate func line(_ format: StatisticsFormat) -> String {
    switch format {
    case .text: text
    case .json: json
    case .emf: emf
    }
  }
}
