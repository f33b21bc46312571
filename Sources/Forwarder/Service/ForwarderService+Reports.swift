import Mirror
import System
import Telemetry
import Transport
import Wire

/// Reports to the collectors: what was sent, so that they can tell what is missing.
extension ForwarderService {
  /// Once a second: has the first worker report to the collectors that want it.
  func report(_ status: ForwarderStatus) {
    guard directory.collectors.paths.contains(where: { $0.wantsReports(settings.reports) }) else { return }
    workers.first?.report(reportFrame(status))
  }

  /// How often the last report is sent: what is lost behind the last one that comes is not told.
  private static let lastReports = 3

  /// The last words on every path, when every worker has ended.
  func reportTheEnd(_ status: ForwarderStatus) {
    var report = reportFrame(status)
    report.isLast = true
    for path in directory.collectors.paths {
      path.takeRequests()
      guard path.wantsReports(settings.reports) else { continue }
      for _ in 0..<Self.lastReports { path.send(report, tunnel: Tunnel(vni: settings.vni), mtu: settings.mtu) }
    }
  }

  /// What all reports have in common.
  private func reportFrame(_ status: ForwarderStatus) -> ReportFrame {
    let counters = status.counters
    var report = ReportFrame()
    report.isShared = workers.count > 1
    report.captured = counters.capture.captured
    report.forwarded = counters.send.forwardedFrames
    report.kernelDropped = counters.kernelDropped
    report.host = status.host
    report.version = status.version
    report.task = status.task?.id ?? ""
    report.zone = status.task?.zone ?? ""
    report.dropped = ForwarderMetrics.droppedPackets.samples(of: counters).map { sample in
      ReportFrame.Dropped(reason: sample.labels.last?.value ?? "", frames: sample.value)
    }
    return report
  }
}
