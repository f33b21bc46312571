import Mirror
import System
import Transport

/// The forwarder's figures as Prometheus has them: the catalogue, row by row.
package enum ForwarderExposition {
  /// In front of every name.
  static let prefix = "packet_forwarder_"
  /// Rows that others say as well: the sum of `dropped_packets`, which has each reason as a label, what each collector
  /// has of its own, and the uptime, which is the time since `process_start_time_seconds`.
  static let hidden: Set<String> = ["dropped_total", "sent_datagrams", "sent_bytes", "uptime"]

  /// All families; no name twice.
  package static func families(_ status: ForwarderStatus, _ process: ProcessFigures) -> [MetricFamily] {
    let collectors = status.collectors.map { (labels("collector", $0.report.address.description), $0) }
    let reports = collectors.map { ($0, $1.report) }
    let workers = status.workers.map { (labels("worker", "\($0.index)"), $0) }
    let destinations = status.destinations.map { (labels("destination", $0.name), $0) }
    return infos(status)
      + [
        MetricFamily(
          prefix + "healthy", .gauge, help: "whether it does its work, as healthcheck says it",
          [([], .whole(status.unhealthy == nil ? 1 : 0))])
      ]
      + ForwarderMetrics.counters.families(prefix: prefix, of: status.counters, without: hidden)
      + ForwarderMetrics.status.families(prefix: prefix, of: status)
      + ForwarderMetrics.process.families(prefix: prefix, of: status, without: hidden)
      + ForwarderMetrics.collector.families(prefix: prefix, of: "a collector", reports)
      + ForwarderMetrics.path.families(prefix: prefix, of: "a collector", collectors)
      + ForwarderMetrics.destination.families(prefix: prefix, of: "an entry of DESTINATION", destinations)
      + ForwarderMetrics.worker.families(prefix: prefix, of: "a capture thread", workers) + process.families
  }

  private static func infos(_ status: ForwarderStatus) -> [MetricFamily] {
    [
      MetricFamily.info(
        prefix + "build", help: "version of the program", ["version": status.version]),
      MetricFamily.info(
        prefix + "capture", help: "where it runs and what it captures on",
        ["host": status.host, "interface": status.interface, "engine": status.engine]),
      status.task?.family(prefix + "task"),
    ].compactMap(\.self)
  }

  private static func labels(_ name: String, _ value: String) -> MetricFamily.Labels {
    [.init(name: name, value: value)]
  }
}
