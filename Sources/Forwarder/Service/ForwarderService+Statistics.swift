import Logging
public import Mirror
import System
import Transport

/// What is counted and told while it runs.
extension ForwarderService {
  /// Frames captured so far, by all workers.
  public var counters: Counters { workers.reduce(Counters()) { $0 + $1.counters } }

  var snapshot: StatisticsClock.Snapshot {
    let engine = workers.map(\.status.engine).first { !$0.isEmpty } ?? settings.capture.rawValue
    let collectors = directory.collectors
    return StatisticsClock.Snapshot(
      counters: counters, engine: engine, mtu: collectors.outerMTU(mtu: settings.mtu),
      collectors: directory.reports)
  }

  /// The statistics' thread.
  func runPeriodicTasks() {
    var watch = TroubleWatch(interval: Int64(settings.statDuration) * 1_000, now: MonotonicClock.milliseconds)
    var nextWatch = MonotonicClock.milliseconds
    while !isStopping {
      let untilWatch = max(1, nextWatch - MonotonicClock.milliseconds)
      periodicWake.wait(milliseconds: Int32(clamping: statistics.millisecondsToNext(atMost: untilWatch)))
      if isStopping { return }
      if MonotonicClock.milliseconds >= nextWatch {
        nextWatch = MonotonicClock.milliseconds + TroubleWatch.period
        directory.tick()
        for loop in workers.flatMap({ $0.takeLoops() }) { logger.error("\(loop.description)") }
        loopGuard.report(to: logger)
        announceStart()
        let now = snapshot
        for line in watch.tick(now: MonotonicClock.milliseconds, now.counters, now.collectors) {
          logger.log(level: line.level, "\(line.text)")
        }
      }
      if statistics.isDue { statistics.tick(snapshot) }
    }
  }
}
