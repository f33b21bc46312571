import Capture
import Mirror
import Synchronization
import System
import Transport

/// Prints a line every STAT_DURATION seconds and one at the end, each for the interval as it was measured.
final class StatisticsClock: Sendable {
  /// The state of the forwarder at one moment.
  struct Snapshot: Sendable {
    var counters: Counters
    var engine: String
    var mtu: Int?
    var collectors: [CollectorReport]
  }

  private struct State {
    var last = Counters()
    var lastCollectors: [CollectorReport] = []
    var lastTime: Int64
    var next: Int64
  }

  private let format: StatisticsFormat
  private let interface: String
  private let duration: Int64
  private let output: @Sendable (String) -> Void
  private let clock: @Sendable () -> Int64
  private let host = HostName.current
  private let state: Mutex<State>

  /// `output` gets each line. `clock` tells milliseconds that never go back.
  init(
    _ settings: Settings, clock: @escaping @Sendable () -> Int64 = { MonotonicClock.milliseconds },
    output: @escaping @Sendable (String) -> Void
  ) {
    format = settings.statFormat
    interface = settings.interfaceNames
    duration = Int64(settings.statDuration) * 1_000
    self.output = output
    self.clock = clock
    let now = clock()
    state = Mutex(State(lastTime: now, next: now + duration))
  }

  /// Milliseconds until the next line is due, at most `limit`.
  func millisecondsToNext(atMost limit: Int64) -> Int64 {
    guard duration > 0 else { return limit }
    return max(1, min(limit, state.withLock { $0.next } - clock()))
  }

  /// Whether a line is due.
  var isDue: Bool { duration > 0 && state.withLock { $0.next } <= clock() }

  /// Prints the line of an interval.
  func tick(_ snapshot: Snapshot) {
    print(snapshot, isFinal: false)
  }

  /// Prints the last line, whatever STAT_DURATION is.
  func finish(_ snapshot: Snapshot) {
    print(snapshot, isFinal: true)
  }

  private func print(_ snapshot: Snapshot, isFinal: Bool) {
    let now = clock()
    let report = state.withLock { state in
      let report = StatisticsReport(
        time: WallClock.secondsSince1970, interval: Double(now - state.lastTime) / 1_000, isFinal: isFinal,
        interface: interface, engine: snapshot.engine, mtu: snapshot.mtu, host: host,
        counters: snapshot.counters - state.last, total: snapshot.counters,
        collectors: snapshot.collectors.since(state.lastCollectors), totalCollectors: snapshot.collectors)
      state.last = snapshot.counters
      state.lastCollectors = snapshot.collectors
      state.lastTime = now
      // Keeps the rhythm, but starts afresh after a pause: no line is for less than most of an interval.
      let isLate = now - state.next > duration / 10
      state.next = isLate ? now + duration : state.next + duration
      return report
    }
    output(report.line(format))
  }
}
