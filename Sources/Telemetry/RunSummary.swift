import Mirror
import System
import Transport

/// What came of a whole run, in a few lines for people.
package struct RunSummary: Sendable {
  private let status: ForwarderStatus
  private let processorNanoseconds: Int64

  /// Of a run that ended in `status` and took so much CPU time.
  package init(_ status: ForwarderStatus, processorNanoseconds: Int64) {
    self.status = status
    self.processorNanoseconds = processorNanoseconds
  }

  /// A line for each subject.
  package var lines: [String] {
    let counters = status.counters
    let seconds = Double(status.uptime) / 1_000
    var lines = [
      "mirrored \(counters.send.forwardedFrames) of \(counters.capture.captured) captured packets in "
        + "\(MetricFigure.rounded(seconds, digits: 1)) s, as \(counters.send.sentDatagrams) datagrams "
        + "(\(MetricFigure.bytes(counters.send.sentBytes)))"
    ]
    let reasons = counters.dropReasons.map { "\($0.name) \($0.frames)" }.joined(separator: ", ")
    let dropped = ForwarderMetrics.droppedPackets.sum(of: counters)
    lines.append("dropped \(dropped)\(reasons.isEmpty ? "" : " (\(reasons))"), by the kernel \(counters.kernelDropped)")
    for report in status.reports {
      let failed = report.failed.values.reduce(0, &+)
      lines.append(
        "to \(report.address): \(report.sentDatagrams) datagrams (\(MetricFigure.bytes(report.sentBytes)))"
          + (failed > 0 ? ", \(failed) failed" : "") + (report.lastError.map { ", last \($0)" } ?? ""))
    }
    lines.append("CPU \(processor(counters.capture.captured))")
    return lines
  }

  private func processor(_ frames: UInt64) -> String {
    let seconds = Double(processorNanoseconds) / 1e9
    let whole = "\(MetricFigure.rounded(seconds, digits: 2)) s"
    guard frames > 0 else { return whole }
    return "\(whole), \(MetricFigure.rounded(seconds * 1e6 / Double(frames), digits: 2)) us for each captured packet"
  }
}
