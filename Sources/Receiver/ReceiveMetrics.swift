internal import Telemetry

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
    Metric("received_datagrams", .counter, .datagrams, help: "datagrams that were received", .number(\.datagrams)) {
      "\($0.value) datagrams"
    },
    Metric(
      "received_bytes", .counter, .bytes, help: "bytes of their payload, VXLAN headers included", .number(\.bytes)
    ) { " (\($0.value) bytes)" },
    Metric(
      "delivered_frames", .counter, .packets, help: "mirrored frames that were shown or written", .number(\.frames)
    ) { ", \($0.value) frames" },
    Metric("delivered_bytes", .counter, .bytes, help: "bytes of these frames", .number(\.frameBytes)) {
      " (\($0.value) bytes)"
    },
    Metric(
      "undelivered_frames", .gauge, .packets,
      help: "frames that wait to be written; on the last line, that could not be", .number(\.undelivered)
    ) { ", \($0.value) not written" },
    Metric(
      "probes", .counter, .datagrams, help: "probes of `check`, which are answered and not shown", .number(\.probes)
    ) { $0.value > 0 ? ", \($0.value) probes" : "" },
    Metric(
      "invalid_headers", .counter, .datagrams, help: "datagrams without the flag of a valid VNI",
      .number(\.invalidHeaders)
    ) { ", \($0.value) with an invalid header" },
    Metric("other_vni", .counter, .datagrams, help: "datagrams of another VNI than `--vni`", .number(\.otherVNI)) {
      ", \($0.value) of other VNIs"
    },
    Metric(
      "truncated_datagrams", .counter, .datagrams, help: "datagrams too short for a frame, or cut on receipt",
      .number(\.truncated)
    ) { ", \($0.value) truncated" },
    Metric(
      "kernel_dropped_datagrams", .counter, .datagrams,
      help: "datagrams that found the receive buffer full; not part of `received_datagrams`", .number(\.kernelDropped)
    ) { ", \($0.value) dropped by the kernel" },
  ])

  /// What holds of the counters since the start.
  static let sums = [
    MetricSum(
      "received_datagrams",
      of: [
        "delivered_frames", "undelivered_frames", "probes", "invalid_headers", "other_vni", "truncated_datagrams",
      ])
  ]
}
