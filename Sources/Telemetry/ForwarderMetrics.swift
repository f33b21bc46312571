package import Mirror
import System
package import Transport

/// The catalogue: every figure of the forwarder, in one row each.
package enum ForwarderMetrics {
  /// Of a line of statistics.
  package static let line = MetricTable<StatisticsReport>([
    Metric("time", .identity, help: "when the interval ended, RFC 3339", .text { utc($0.status.time) }),
    Metric(
      "interval", .gauge, .seconds, help: "measured length of the interval, to the millisecond",
      .decimal { seconds($0.milliseconds) }),
    Metric("final", .identity, help: "whether it is the last line", .flag(\.isFinal)),
  ])

  /// Of the forwarder at a moment, beside its counters.
  package static let status = MetricTable<ForwarderStatus>([
    Metric("interface", .identity, help: "interfaces that are captured, as `INTERFACE` has them", .text(\.interface)),
    Metric("engine", .identity, help: "capture engine in use, `ring` or `libpcap`", .text(\.engine)),
    Metric(
      "mtu", .gauge, .bytes, help: "largest outer packet in force; 0 as long as there is no destination",
      .number { UInt64(clamping: $0.mtu ?? 0) }),
    Metric(
      "flow_share", .gauge, .ratio,
      help: "share of all flows, 0 to 1, that `SAMPLE` and the limits let in; what it keeps out is not captured",
      .decimal(\.flowShareText)),
    Metric(
      "withheld_share", .gauge, .ratio,
      help: "share of all bytes since the start, 0 to 1, that `ENCRYPTED`, `FLOW_DEPTH` and `MIRROR` withheld",
      .decimal(\.withheldShareText)),
    Metric(
      "kernel_withheld_flows", .gauge, .flows,
      help:
        "flows that these rules have the kernel's filter keep out at this moment: they are captured no more; null "
        + "where no rule is on",
      .known { $0.kernelWithheldFlows.map { UInt64(clamping: $0) } }),
    Metric("version", .identity, help: "version of the program", .text(\.version)),
    Metric("destination", .identity, help: "collectors, as `DESTINATION` has them", .text(\.destination)),
    Metric("host", .identity, help: "name of the machine or container", .text(\.host)),
    Metric(
      "task", .identity, help: "ECS's identifier of the task; null where none is known", .text { known($0.task?.id) }),
    Metric(
      "zone", .identity, help: "availability zone of the task; null where none is known",
      .text { known($0.task?.zone) }),
    Metric(
      "unhealthy", .identity, help: "why it does not do its work, as `healthcheck` says it; null while it does",
      .text(\.unhealthy)),
    Metric(
      "lost_lines", .counter, .lines, help: "lines since the start that could not be written, by output",
      .parts(
        label: "output",
        [
          Metric("log", .counter, .lines, help: "lines of the log", .number(\.lostLines.log)),
          Metric("statistics", .counter, .lines, help: "lines of statistics", .number(\.lostLines.statistics)),
        ])),
  ])

  /// What is counted, in the order of the line for people.
  package static let counters = MetricTable<Counters>([
    Metric(
      "captured_packets", .counter, .packets,
      help: "frames that matched the filter and were handed to the forwarder", .number(\.capture.captured),
      totalName: "captured"
    ) { ", captured \($0.value)" + ($0.value > 0 ? " (\($0.perSecond)/s)" : "") },
    Metric(
      "captured_bytes", .counter, .bytes, help: "bytes of captured frames, as they were on the interface",
      .number(\.capture.capturedBytes)
    ) { " \($0.bytes) (\($0.bitsPerSecond))" },
    Metric(
      "forwarded_packets", .counter, .packets, help: "captured frames that were sent, whole or in parts",
      .number(\.send.forwardedFrames), totalName: "forwarded"
    ) { ", forwarded \($0.value)" },
    Metric(
      "sent_datagrams", .counter, .datagrams, help: "VXLAN datagrams that were sent", .number(\.send.sentDatagrams)
    ) { ", sent \($0.value) datagrams" },
    Metric(
      "sent_bytes", .counter, .bytes, help: "bytes of these datagrams as outer IP packets", .number(\.send.sentBytes)
    ) { " \($0.bytes)" },
    Metric(
      "dropped_total", .counter, .packets, help: "captured frames that were not sent: the sum of all `dropped_packets`",
      .number(droppedPackets.sum)
    ) { ", dropped \($0.value)" },
    droppedPackets,
    withheldPackets, withheldBytes,
    Metric(
      "kernel_withheld_bytes", .counter, .bytes,
      help:
        "bytes that the kernel's filter withheld, not part of `captured_bytes`: about so many, by sequence numbers",
      .number(\.capture.kernelWithheldBytes)
    ) { ", in the kernel about \($0.bytes)" },
    Metric(
      "flow_table_evicted", .counter, .flows,
      help: "flows that were forgotten, or not followed, for want of room in `FLOW_TABLE`; they are mirrored whole",
      .number(\.capture.evictedFlows)
    ) { ", flows evicted \($0.value)" },
    Metric(
      "kernel_dropped_packets", .counter, .packets,
      help: "frames that the kernel could not hand over because the ring was full; not part of `captured_packets`",
      .number(\.kernelDropped), totalName: "kernel dropped"
    ) { ", kernel dropped \($0.value)" },
    Metric(
      "reserve_packets", .counter, .packets,
      help: "captured frames that came by the reserve, for want of room in the hot ring: the forwarder was late",
      .number(\.reserveFrames)
    ) { ", by the reserve \($0.value)" },
    Metric(
      "segmented_packets", .counter, .packets, help: "frames cut into TCP segments or UDP datagrams",
      .number(\.capture.segmented)
    ) { ", segmented \($0.value)" },
    Metric(
      "fragmented_packets", .counter, .packets, help: "frames fragmented inside the tunnel",
      .number(\.capture.fragmented)
    ) { ", fragmented \($0.value)" },
    Metric(
      "truncated_packets", .counter, .packets, help: "frames whose end was cut off", .number(\.capture.truncated)
    ) { ", truncated \($0.value)" },
    Metric(
      "checksums_filled", .counter, .checksums, help: "checksums that offload had left open and that were completed",
      .number(\.capture.checksumsFilled)
    ) { ", checksums filled \($0.value)" },
    Metric(
      "blind_milliseconds", .counter, .milliseconds,
      help: "time in which frames could not be seen, because an interface or the capture was gone",
      .number(\.blindMilliseconds)
    ) { ", blind \($0.value) ms" },
  ])

  /// Why captured frames were not sent; each has one reason.
  package static let droppedPackets = Metric<Counters>(
    "dropped_packets", .counter, .packets, help: "captured frames that were not sent, by reason",
    .parts(
      label: "reason",
      [
        Metric(
          "oversize", .counter, .packets,
          help: "frames that did not fit, under `OVERSIZE=drop` or where cutting is impossible",
          .number(\.capture.droppedOversize)),
        Metric(
          "rate", .counter, .packets, help: "frames of flows that `RATE_LIMIT` sheds, as far as they were captured",
          .number(\.capture.droppedRate)),
        Metric(
          "cpu", .counter, .packets, help: "frames of flows that `CPU_LIMIT` sheds, as far as they were captured",
          .number(\.capture.droppedCPU)),
        Metric(
          "sample", .counter, .packets, help: "frames of flows that `SAMPLE` leaves out, as far as they were captured",
          .number(\.capture.droppedSample)),
        Metric("loop", .counter, .packets, help: "mirrored frames that came back", .number(\.capture.droppedLoop)),
        Metric(
          "no_destination", .counter, .packets, help: "frames that came while `DESTINATION` had no address",
          .number(\.capture.droppedNoDestination)),
        Metric(
          "send", .counter, .packets,
          help: "frames that the kernel refused to send, by errno name, e.g. `{\"ENOBUFS\": 3}`",
          .tally(label: "errno", \.send.droppedByName)),
      ])
  ) { " (\($0.breakdown))" }

  /// Captured frames that are not worth mirroring; each by one rule.
  package static let withheldPackets = Metric<Counters>(
    "withheld_packets", .counter, .packets, help: "captured frames that were not worth mirroring, by rule",
    .parts(
      label: "rule",
      [
        Metric(
          "encrypted", .counter, .packets, help: "frames of encrypted data (`ENCRYPTED`)",
          .number(\.capture.withheldEncrypted)),
        Metric(
          "depth", .counter, .packets, help: "frames of responses beyond `FLOW_DEPTH`", .number(\.capture.withheldDepth)
        ),
        Metric(
          "other_side", .counter, .packets, help: "frames of connections that `MIRROR` leaves to the other side",
          .number(\.capture.withheldOtherSide)),
      ])
  ) { ", withheld \($0.value) (\($0.breakdown))" }

  /// The same in bytes.
  package static let withheldBytes = Metric<Counters>(
    "withheld_bytes", .counter, .bytes, help: "bytes of `captured_bytes` that were not worth mirroring, by rule",
    .parts(
      label: "rule",
      [
        Metric(
          "encrypted", .counter, .bytes, help: "bytes of frames of encrypted data",
          .number(\.capture.withheldEncryptedBytes)),
        Metric(
          "depth", .counter, .bytes,
          help: "bytes of responses beyond the depth, also of frames whose beginning was forwarded",
          .number(\.capture.withheldDepthBytes)),
        Metric(
          "other_side", .counter, .bytes, help: "bytes of connections left to the other side",
          .number(\.capture.withheldOtherSideBytes)),
      ])
  ) { " \($0.bytes)" }

  /// Of each collector address.
  package static let collector = MetricTable<CollectorReport>([
    Metric("address", .identity, help: "address and port of the collector", .text(\.address.description)),
    Metric("sent_datagrams", .counter, .datagrams, help: "datagrams that were sent to it", .number(\.sentDatagrams)),
    Metric("sent_bytes", .counter, .bytes, help: "bytes of these datagrams as outer IP packets", .number(\.sentBytes)),
    Metric(
      "reports", .counter, .datagrams, help: "reports sent to it (`REPORTS`); not part of `sent_datagrams`",
      .number(\.reports)),
    Metric(
      "failed", .counter, .datagrams, help: "datagrams that could not be sent to it, by errno name",
      .tally(label: "errno") { report in
        report.failed.sorted { $0.key < $1.key }.map { (ErrnoName.of($0.key), $0.value) }
      }, series: "failed_datagrams"),
    Metric(
      "icmp", .counter, .messages, help: "ICMP errors about our datagrams, by what they say",
      .tally(label: "message") { report in report.icmp.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } },
      series: "icmp_messages"),
    Metric("last_error", .identity, help: "last trouble in words; null if there was none", .text(\.lastError)),
  ])

  /// What holds at every moment: each frame is accounted for.
  package static let sums = [
    MetricSum("captured_packets", of: ["forwarded_packets", "dropped_total", "withheld_packets"]),
    MetricSum("dropped_total", of: droppedPackets.parts.map { "\(droppedPackets.key).\($0.key)" }),
  ]

  private static func known(_ text: String?) -> String? { text?.isEmpty == false ? text : nil }

  static func utc(_ nanoseconds: Int64) -> String { UTCTime.rfc3339(UInt64(clamping: nanoseconds)) }

  /// Seconds without zeros at the end.
  private static func seconds(_ milliseconds: Int64) -> String {
    var fraction = String(1_000 + milliseconds % 1_000).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return "\(milliseconds / 1_000)" + (fraction.isEmpty ? "" : ".\(fraction)")
  }
}
