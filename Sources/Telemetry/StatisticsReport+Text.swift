import System

extension StatisticsReport {
  /// One line for people, without a newline.
  package var text: String {
    let seconds = Double(milliseconds) / 1_000
    let time = UTCTime.second(UInt64(clamping: status.time))
    let head =
      "\(time) \(isFinal ? "final" : "stats") \(MetricFigure.rounded(seconds, digits: 1))s \(status.interface) "
      + "\(status.engine) mtu \(status.mtu ?? 0)" + (status.flowShare < 1 ? " flow share \(status.flowShareText)" : "")
    let table = ForwarderMetrics.counters
    let totals = isFinal ? ", total " + table.totals(of: status.counters) : ""
    return head + table.words(of: counters, seconds: seconds) + totals
  }
}
