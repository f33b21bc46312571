import Mirror
import Transport

extension StatisticsReport {
  /// One JSON object, without a newline: the interval's figures on top, those since the start in `total`.
  package var json: String {
    let head = ForwarderMetrics.line.members(of: self) + ForwarderMetrics.status.members(of: status)
    let total = JSONValue.object(Self.figures(status.counters, status.reports))
    return JSONValue.object(head + Self.figures(counters, collectors) + [("total", total)]).text(sortingNames: true)
  }

  private static func figures(_ counters: Counters, _ collectors: [CollectorReport]) -> [JSONValue.Member] {
    let list = collectors.map { JSONValue.object(ForwarderMetrics.collector.members(of: $0)) }
    return ForwarderMetrics.counters.members(of: counters) + [("collectors", .array(list))]
  }
}
