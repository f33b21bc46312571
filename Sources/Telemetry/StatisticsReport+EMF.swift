import Mirror
import Transport

extension StatisticsReport {
  /// One line in CloudWatch's embedded metric format, without a newline: what the interval counted, and whether it is
  /// healthy, as metrics.
  package var emf: String {
    var line = EmbeddedMetrics(
      namespace: "packet-forwarder", time: status.time,
      service: ServiceName.of(status.task, host: status.host))
    line.add(ForwarderMetrics.counters, of: counters)
    line.add("healthy", status.unhealthy == nil ? 1 : 0)
    line.add(ForwarderMetrics.line.members(of: self) + ForwarderMetrics.status.members(of: status))
    line.add(status.task?.members ?? [])
    let list = collectors.map { JSONValue.object(ForwarderMetrics.collector.members(of: $0)) }
    line.add([
      ("collectors", .array(list)), ("total", .object(ForwarderMetrics.counters.members(of: status.counters))),
    ])
    return line.text
  }
}
