/// The forwarder's state as one JSON object: the catalogue's figures by their keys, counters since the start.
package enum StatusDocument {
  /// On one line.
  package static func text(_ status: ForwarderStatus) -> String { value(status).text() }

  /// The object.
  package static func value(_ status: ForwarderStatus) -> JSONValue {
    let collectors = status.collectors.map { collector in
      JSONValue.object(
        ForwarderMetrics.collector.members(of: collector.report) + ForwarderMetrics.path.members(of: collector))
    }
    var members =
      ForwarderMetrics.process.members(of: status) + ForwarderMetrics.status.members(of: status)
      + ForwarderMetrics.counters.members(of: status.counters)
    members += [
      ("recent", recent(status)), ("workers", list(status.workers, ForwarderMetrics.worker)),
      ("interfaces", list(status.interfaces, ForwarderMetrics.interface)),
      ("destinations", list(status.destinations, ForwarderMetrics.destination)), ("collectors", .array(collectors)),
    ]
    if let flows = status.flows { members.append(("flows", list(flows, ForwarderMetrics.flow))) }
    return .object(members)
  }

  /// What the last second brought, with its length.
  private static func recent(_ status: ForwarderStatus) -> JSONValue {
    guard let recent = status.recent else { return .null }
    let length: JSONValue.Member = ("milliseconds", .number(UInt64(clamping: recent.milliseconds)))
    return .object([length] + ForwarderMetrics.counters.members(of: recent.counters))
  }

  private static func list<Source>(_ sources: [Source], _ table: MetricTable<Source>) -> JSONValue {
    .array(sources.map { .object(table.members(of: $0)) })
  }
}
