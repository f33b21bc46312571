import Logging
import Mirror
import System
import Wire

/// RATE_LIMIT and CPU_LIMIT: a thread that is there only where one of them is set.
extension ForwarderService {
  /// Milliseconds between looks at the load.
  private static let limitPeriod: Int64 = 100

  /// The flows that are let in at this moment.
  var share: FlowShare { min(sampled, limiter?.share ?? .all) }

  /// The flows that SAMPLE leaves.
  private var sampled: FlowShare { .one(of: UInt64(settings.sample)) }

  /// Has the share follow the load, and the filters follow the share, until the end.
  func keepLimits(_ limiter: FlowLimiter) {
    var meter = CPUMeter()
    var moves = FilterMoves()
    var words = LimitWords()
    var filtered = share
    var nextTick = MonotonicClock.milliseconds + Self.limitPeriod
    while !isStopping {
      var now = MonotonicClock.milliseconds
      let pause = share == filtered ? nextTick - now : min(nextTick - now, moves.milliseconds(at: now))
      // A cut that has come since ends the wait.
      limitsWake.wait(milliseconds: Int32(clamping: max(0, pause)))
      limitsWake.clear()
      if isStopping { return }
      now = MonotonicClock.milliseconds
      if now >= nextTick {
        nextTick = now + Self.limitPeriod
        let (cores, isThrottled) = meter.measure()
        limiter.tick(now: MonotonicClock.nanoseconds, cores: cores, isThrottled: isThrottled)
        let line = words.line(share: limiter.share.fraction, because: limiter.cause.rawValue, now: now)
        if let line { logger.log(level: line.level, "\(line.text)") }
      }
      guard share != filtered, moves.milliseconds(at: now) == 0 else { continue }
      filtered = share
      moves.note(now)
      for worker in workers { worker.prepare(share: filtered) }
    }
  }
}
