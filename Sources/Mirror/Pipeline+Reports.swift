import Synchronization
import Transport
package import Wire

// Reports to the collectors go out between two batches, on the thread that sends, so that their figures are exactly what
// is on the way before them.
extension Pipeline {
  /// Has a report go out after the batch of this moment, to every collector that wants one. From any thread.
  package func offer(_ report: ReportFrame) {
    reports.withLock { $0 = report }
    isReportDue.store(true, ordering: .relaxed)
  }

  /// Sends the report that is due, if one is.
  func sendReportIfDue() {
    guard isReportDue.load(ordering: .relaxed), isReportDue.exchange(false, ordering: .relaxed) else { return }
    lastReport = reports.withLock { $0 }
    send(lastReport)
  }

  /// The last words on paths that are not used any more.
  func endReports(of paths: [CollectorPath], but staying: [CollectorPath]) {
    guard var report = lastReport else { return }
    report.isLast = true
    for path in paths where !staying.contains(where: { $0 === path }) { send(report, on: path) }
  }

  private func send(_ report: ReportFrame?) {
    guard let report else { return }
    for path in collectors.paths { send(report, on: path) }
  }

  private func send(_ report: ReportFrame, on path: CollectorPath) {
    guard path.wantsReports(policy.reports) else { return }
    path.send(report, tunnel: Tunnel(vni: policy.vni), mtu: policy.mtu)
  }
}
