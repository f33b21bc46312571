import Logging
import Mirror
import Telemetry
import Transport

/// Turns counters into lines of the log: a trouble is said when it begins, at most once a minute while it lasts, and
/// once when it is over.
struct TroubleWatch {
  /// A line to log.
  struct Line: Equatable {
    var level: Logger.Level
    var text: String
  }

  /// Milliseconds between ticks.
  static let period: Int64 = 1_000
  /// Milliseconds for which a trouble that lasts is not said again.
  static let silence: Int64 = 60_000
  /// Silent intervals until it is said that nothing is captured.
  static let idleIntervals: Int64 = 10

  /// STAT_DURATION, in milliseconds; its default where that is off.
  private let interval: Int64
  private var last = Counters()
  private var collectors = CollectorTroubles()
  private var kernelDrops = Repetition()
  private var sendDrops = Repetition()

  /// Counters at the beginning of the interval that is looked at, and when that was.
  private var intervalStart: (time: Int64, counters: Counters)
  private var isAllDropped = false
  private var lastCapture: Int64
  private var isIdle = false

  /// Watches from `now` on; times are milliseconds that never go back.
  init(interval: Int64, now: Int64) {
    self.interval = interval > 0 ? interval : 30_000
    intervalStart = (now, Counters())
    lastCapture = now
  }

  /// Looks at the counters of this moment.
  ///
  /// - Returns: what there is to say.
  mutating func tick(now: Int64, _ counters: Counters, _ reports: [CollectorReport]) -> [Line] {
    let new = counters - last
    last = counters
    var lines = collectors.tick(now: now, reports)
    // Where no collector's own counters tell, the frames' do.
    let ownDrops = collectors.areFailing ? 0 : new.droppedSend
    if let count = sendDrops.count(ownDrops, now: now) {
      let names = new.send.droppedByName.map(\.name).joined(separator: ", ")
      lines.append(Line(level: .warning, text: "\(count) frames were not sent: \(names)"))
    }
    if let count = kernelDrops.count(new.kernelDropped, now: now) {
      lines.append(
        Line(
          level: .warning,
          text: "the kernel dropped \(count) frames for want of room: a larger BUFFER_SIZE, more WORKERS, or a "
            + "narrower BPF_FILTER helps"))
    }
    lines += idleness(now: now, captured: new.capture.captured)
    lines += wholeInterval(now: now, counters)
    return lines
  }

  /// Nothing captured for ten intervals, and the end of that.
  private mutating func idleness(now: Int64, captured: UInt64) -> [Line] {
    if captured > 0 {
      defer { (lastCapture, isIdle) = (now, false) }
      guard isIdle else { return [] }
      return [Line(level: .notice, text: "frames are seen again, after \((now - lastCapture) / 1_000) s without any")]
    }
    guard !isIdle, now - lastCapture >= Self.idleIntervals * interval else { return [] }
    isIdle = true
    return [
      Line(
        level: .warning,
        text:
          "no frame was seen for \((now - lastCapture) / 1_000) s: is there traffic that INTERFACE and BPF_FILTER take?"
      )
    ]
  }

  /// Everything that was captured in an interval is lost, and the end of that. What SAMPLE and the limits
  /// leave out is not.
  private mutating func wholeInterval(now: Int64, _ counters: Counters) -> [Line] {
    guard now - intervalStart.time >= interval else { return [] }
    let new = counters - intervalStart.counters
    let seconds = (now - intervalStart.time) / 1_000
    intervalStart = (now, counters)
    let leftOut = new.capture.droppedSample &+ new.capture.droppedRate &+ new.capture.droppedCPU
    let wanted = new.capture.captured - min(leftOut, new.capture.captured)
    guard wanted > 0 else { return [] }
    if new.send.forwardedFrames > 0 {
      defer { isAllDropped = false }
      return isAllDropped ? [Line(level: .notice, text: "frames are forwarded again")] : []
    }
    guard !isAllDropped else { return [] }
    isAllDropped = true
    let reasons = new.dropReasons.map { "\($0.name) \($0.frames)" }.joined(separator: ", ")
    return [
      Line(
        level: .error, text: "not one of the \(wanted) frames captured in \(seconds) s was sent: dropped (\(reasons))")
    ]
  }
}

/// A count that is said at once, and then at most once a minute with what has come since.
struct Repetition {
  private var unsaid: UInt64 = 0
  private var lastSaid: Int64?

  /// Adds `more`.
  ///
  /// - Returns: the count to say now; nil if there is none, or it is too early.
  mutating func count(_ more: UInt64, now: Int64, silence: Int64 = TroubleWatch.silence) -> UInt64? {
    unsaid += more
    if let lastSaid, now - lastSaid < silence { return nil }
    guard unsaid > 0 else { return nil }
    defer { unsaid = 0 }
    lastSaid = now
    return unsaid
  }

  /// What has come until now need not be said.
  mutating func forget() { unsaid = 0 }
}
