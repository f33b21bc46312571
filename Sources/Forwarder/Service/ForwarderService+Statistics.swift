import Glibc
import Logging
public import Mirror
import Synchronization
import System
package import Telemetry
import Transport
import Wire

/// What is counted and told while it runs.
extension ForwarderService {
  /// Frames captured so far, by all workers.
  public var counters: Counters { workers.reduce(Counters()) { $0 + $1.counters } }

  /// All there is to tell of this moment.
  package var snapshot: ForwarderStatus {
    let workers = self.workers.map(\.status)
    let destinations = directory.destinations
    let collectors = directory.collectors
    var status = ForwarderStatus(
      version: Version.current, host: HostName.current, time: WallClock.nanosecondsSince1970,
      uptime: statistics.uptime, interface: settings.interfaceNames,
      engine: workers.map(\.engine).first { !$0.isEmpty } ?? settings.capture.rawValue,
      mtu: collectors.outerMTU(mtu: settings.mtu), vni: settings.vni, areCapturing: workers.map(\.isCapturing),
      collectors: directory.reports.map { report in
        let path = collectors.paths.first { $0.address == report.address }
        var collector = ForwarderStatus.Collector(report: report, pathMTU: path?.routeMTU)
        collector.sourcePorts = path.map { _ in directory.sourcePortsText }
        collector.names = destinations.filter { $0.addresses.contains(report.address.description) }.map(\.name)
        return collector
      },
      counters: counters)
    status.flowShare = share.fraction
    status.task = task?.current
    status.processID = getpid()
    status.unhealthy = health.reason
    status.filter = settings.filter
    status.destination = settings.destinations.map(\.description).joined(separator: ",")
    status.workers = self.workers.map(\.report)
    status.interfaces = board.interfaces(settings.interfaces, present: [])
    status.destinations = destinations
    status.recent = health.recent
    status.lostLines = lostLines()
    if settings.flowRules(workers: 1).isOn {
      status.kernelWithheldFlows = self.workers.reduce(0) {
        $0 + $1.pipeline.withheldConnections.load(ordering: .relaxed)
      }
    }
    return status
  }

  /// The statistics' thread.
  func runPeriodicTasks() {
    var watch = TroubleWatch(interval: Int64(settings.statDuration) * 1_000, now: MonotonicClock.milliseconds)
    var nextWatch = MonotonicClock.milliseconds
    while !isStopping {
      let untilWatch = max(1, min(nextWatch - MonotonicClock.milliseconds, millisecondsToCompletion() ?? .max))
      periodicWake.wait(milliseconds: Int32(clamping: statistics.millisecondsToNext(atMost: untilWatch)))
      if isStopping { return }
      if MonotonicClock.milliseconds >= nextWatch {
        nextWatch = MonotonicClock.milliseconds + TroubleWatch.period
        directory.tick()
        followElection()
        for loop in workers.flatMap({ $0.takeLoops() }) { logger.error("\(loop.description)") }
        loopGuard.report(to: logger)
        announceStart()
        endFlowDemand()
        identifyHost()
        let now = snapshot
        report(now)
        health.look(now)
        for line in watch.tick(now: MonotonicClock.milliseconds, now.counters, now.reports) {
          logger.log(level: line.level, "\(line.text)")
        }
      }
      if statistics.isDue { statistics.tick(snapshot) }
    }
  }
}
