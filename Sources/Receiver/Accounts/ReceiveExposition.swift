internal import System
package import Telemetry
internal import Wire

/// The receiver's figures as Prometheus has them: the catalogue, row by row.
package final class ReceiveExposition: Sendable {
  /// In front of every name.
  private static let prefix = "packet_forwarder_receive_"
  /// In front of those of each sender.
  private static let senderPrefix = prefix + "sender_"
  /// What may go down by a little, and must not.
  private static let unsteady: Set<String> = [
    prefix + "delivered_frames", prefix + "delivered_bytes", senderPrefix + "sent_datagrams",
    senderPrefix + "lost_datagrams", senderPrefix + "duplicated_datagrams",
  ]
  /// Senders that are shown, those that came first: who invents more of them has nobody keep more.
  static let maximumSenders = 500

  private let highWater = HighWater()

  /// Nothing shown yet.
  package init() {}

  /// Those senders that are shown, in the order of their addresses.
  static func shown(_ senders: [SenderFigures]) -> [SenderFigures] {
    guard senders.count > maximumSenders else { return senders }
    let first = senders.sorted { $0.firstSeen < $1.firstSeen }.prefix(maximumSenders)
    return first.sorted { ($0.sender.high, $0.sender.low) < ($1.sender.high, $1.sender.low) }
  }

  /// All families; no name twice.
  ///
  /// - Parameter outputs: where frames go; without one they are counted only.
  package func families(
    _ statistics: ReceiveStatistics, outputs: [ReceiveOutput], _ process: ProcessFigures, task: TaskMetadata? = nil
  ) -> [MetricFamily] {
    let senders = Self.shown(statistics.senders)
    let labelled = senders.map { (labels: [MetricSample.Label(name: "sender", value: $0.sender.description)], $0) }
    let all =
      infos(labelled, task)
      + [
        MetricFamily(
          Self.prefix + "senders", .gauge, help: "senders that there is an account of",
          [([], .whole(UInt64(statistics.senders.count)))]),
        MetricFamily(
          Self.prefix + "hidden_senders", .gauge, help: "of these, those that are not shown one by one",
          [([], .whole(UInt64(statistics.senders.count - senders.count)))]),
        MetricFamily(
          Self.prefix + "output_working", .gauge, help: "whether an output takes frames",
          outputs.map { ([.init(name: "output", value: $0.name)], .whole($0.isOver ? 0 : 1)) }),
      ]
      + ReceiveMetrics.counters.families(prefix: Self.prefix, of: statistics.counters)
      + ReceiveMetrics.senders.families(prefix: Self.senderPrefix, of: "a sender", labelled) + process.families
    return all.map { Self.unsteady.contains($0.name) ? highWater.raised($0) : $0 }
  }

  private func infos(
    _ senders: [(labels: MetricFamily.Labels, figures: SenderFigures)], _ task: TaskMetadata?
  ) -> [MetricFamily] {
    var known = MetricFamily(Self.prefix + "sender", .info, help: "what a sender says of itself", [])
    for (labels, figures) in senders {
      guard let report = figures.report else { continue }
      let words = [
        ("host", report.host), ("version", report.version), ("task", report.task), ("zone", report.zone),
      ].filter { !$0.1.isEmpty }
      known.samples.append((labels + words.map { MetricSample.Label(name: $0.0, value: $0.1) }, .whole(1)))
    }
    return [
      MetricFamily.info("packet_forwarder_build", help: "version of the program", ["version": Version.current]),
      task?.family("packet_forwarder_task"), known,
    ].compactMap(\.self)
  }
}
