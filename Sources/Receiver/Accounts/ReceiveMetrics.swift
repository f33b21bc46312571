internal import Telemetry
internal import Wire

/// The catalogue of the receiving side: every figure in one row.
enum ReceiveMetrics {
  /// Of a line of statistics.
  static let line = MetricTable<ReceiveReport.Line>([
    Metric("time", .identity, help: "when the interval ended, RFC 3339", .text(\.utc)),
    Metric(
      "interval", .gauge, .seconds, help: "measured length of the interval, to the millisecond", .decimal(\.seconds)),
    Metric("final", .identity, help: "whether it is the last line", .flag(\.isFinal)),
  ])

  /// What is counted, in the order of the line for people.
  static let counters = MetricTable<ReceiveCounters>([
    Metric(
      "received_datagrams", .counter, .datagrams, help: "datagrams that were received", .number(\.datagrams),
      series: "datagrams"
    ) { "\($0.value) datagrams" },
    Metric(
      "received_bytes", .counter, .bytes, help: "bytes of their payload, VXLAN headers included", .number(\.bytes),
      series: "bytes"
    ) { " (\($0.value) bytes)" },
    Metric(
      "delivered_frames", .counter, .packets,
      help: "mirrored frames that were handed on: shown, written, delivered to an interface, or else counted",
      .number(\.frames)
    ) { ", \($0.value) frames" },
    Metric("delivered_bytes", .counter, .bytes, help: "bytes of these frames", .number(\.frameBytes)) {
      " (\($0.value) bytes)"
    },
    Metric(
      "undelivered_frames", .gauge, .packets,
      help: "frames that wait to be written; on the last line, that could not be", .number(\.undelivered)
    ) { ", \($0.value) not written" },
    Metric(
      "probes", .counter, .datagrams, help: "probes of `check` and `failover`, which are answered and not shown",
      .number(\.probes)
    ) { $0.value > 0 ? ", \($0.value) probes" : "" },
    Metric(
      "reports", .counter, .datagrams, help: "reports of forwarders, which are taken in and not shown",
      .number(\.reports)
    ) { $0.value > 0 ? ", \($0.value) reports" : "" },
    Metric(
      "invalid_headers", .counter, .datagrams, help: "datagrams without the flag of a valid VNI",
      .number(\.invalidHeaders)
    ) { ", \($0.value) with an invalid header" },
    Metric(
      "other_vni", .counter, .datagrams, help: "datagrams of another VNI than those of `--vni`", .number(\.otherVNI),
      series: "other_vni_datagrams"
    ) {
      ", \($0.value) of other VNIs"
    },
    Metric(
      "truncated_datagrams", .counter, .datagrams, help: "datagrams too short for a frame, or cut on receipt",
      .number(\.truncated)
    ) { ", \($0.value) truncated" },
    Metric(
      "other_senders", .counter, .datagrams, help: "datagrams of another sender than those of `--from`",
      .number(\.otherSender), series: "other_sender_datagrams"
    ) { ", \($0.value) of other senders" },
    Metric(
      "filtered_frames", .counter, .packets, help: "frames that the filter expression does not let through",
      .number(\.filtered)
    ) { ", \($0.value) filtered out" },
    Metric(
      "fragmented_datagrams", .counter, .datagrams,
      help: "datagrams that came in IP fragments, which no forwarder sends; each is in another counter too",
      .number(\.fragmented)
    ) { ", \($0.value) came in fragments" },
    Metric(
      "unlisted_datagrams", .counter, .datagrams,
      help: """
        datagrams from more source ports than there is an account for (4,096 for each worker), which are in no sender's \
        figures; each is in another counter too
        """, .number(\.unlisted)
    ) { $0.value > 0 ? ", \($0.value) from unlisted ports" : "" },
    Metric(
      "kernel_dropped_datagrams", .counter, .datagrams,
      help: """
        datagrams that found the receive buffer full, several that came as one counting once; not part of \
        `received_datagrams`
        """, .number(\.kernelDropped)
    ) { ", \($0.value) dropped by the kernel" },
  ])

  /// What holds of the counters since the start.
  static let sums = [
    MetricSum(
      "received_datagrams",
      of: [
        "delivered_frames", "undelivered_frames", "probes", "reports", "invalid_headers", "other_vni",
        "truncated_datagrams", "other_senders", "filtered_frames",
      ])
  ]

  /// Of each sender, since the start.
  static let senders = MetricTable<SenderFigures>([
    Metric("address", .identity, help: "address of the sender", .text(\.sender.description)),
    Metric("source_ports", .gauge, help: "source ports that it was seen to send from", .number { UInt64($0.ports) }),
    Metric(
      "received_datagrams", .counter, .datagrams, help: "datagrams that came from it", .number(\.datagrams),
      series: "datagrams"),
    Metric(
      "received_bytes", .counter, .bytes, help: "bytes of their payload", .number(\.bytes), series: "bytes"),
    Metric("last_seen", .identity, help: "when the last came, RFC 3339", .moment(\.lastSeen)),
    Metric(
      "sent_datagrams", .counter, .datagrams,
      help: "datagrams that it says it has sent here, up to its last report (`REPORTS`)", .number(\.stream.sent)),
    Metric(
      "lost_datagrams", .counter, .datagrams, help: "of these, those that did not come", .number(\.stream.lost)),
    Metric(
      "duplicated_datagrams", .counter, .datagrams, help: "datagrams that came more often than they were sent",
      .number(\.stream.duplicated)),
    Metric("reports", .counter, .datagrams, help: "reports that came from it", .number(\.stream.reports)),
    Metric(
      "late_reports", .counter, .datagrams,
      help: "reports that came behind a younger one: the network changes the order",
      .number(\.stream.lateReports)),
    Metric(
      "delay", .gauge, .seconds,
      help: "from its clock to this one's, of the last report, the slowest port's; what the clocks differ by is in it",
      .decimal { seconds($0.stream.delay) }),
    Metric(
      "least_delay", .gauge, .seconds, help: "the least of these since the start",
      .decimal { seconds($0.stream.leastDelay) }),
    Metric("host", .identity, help: "name of its machine or container; null without a report", .text(\.report?.host)),
    Metric("version", .identity, help: "its version", .text(\.report?.version)),
    Metric("task", .identity, help: "its task; null where it knows none", .text { known($0.report?.task) }),
    Metric(
      "zone", .identity, help: "its availability zone; null where it knows none", .text { known($0.report?.zone) }),
    Metric(
      "mtu", .gauge, .bytes, help: "its largest outer packet; 0 without a report",
      .number { UInt64($0.report?.mtu ?? 0) }),
    Metric(
      "captured_packets", .counter, .packets, help: "frames that it says it has captured",
      .number { $0.report?.captured ?? 0 }),
    Metric(
      "forwarded_packets", .counter, .packets, help: "frames that it says it has forwarded",
      .number { $0.report?.forwarded ?? 0 }),
    Metric(
      "kernel_dropped_packets", .counter, .packets, help: "frames that its kernel dropped before they were captured",
      .number { $0.report?.kernelDropped ?? 0 }),
    Metric(
      "dropped_packets", .counter, .packets, help: "frames that it has dropped, by reason",
      .tally(label: "reason") { ($0.report?.dropped ?? []).map { ($0.reason, $0.frames) } }),
  ])

  private static func known(_ text: String?) -> String? { text?.isEmpty == false ? text : nil }

  /// Seconds to the microsecond; 0 where there are none.
  private static func seconds(_ nanoseconds: Int64?) -> String {
    let microseconds = (nanoseconds ?? 0) / 1_000
    let fraction = String(1_000_000 + microseconds.magnitude % 1_000_000).dropFirst()
    return "\(microseconds < 0 ? "-" : "")\(microseconds.magnitude / 1_000_000).\(fraction)"
  }
}
