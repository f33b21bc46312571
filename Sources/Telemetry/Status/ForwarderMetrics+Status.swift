import Capture
import Transport

/// What `status` shows beside what statistics have.
extension ForwarderMetrics {
  /// Of the process.
  package static let process = MetricTable<ForwarderStatus>([
    Metric("time", .identity, help: "the moment, RFC 3339", .text { utc($0.time) }),
    Metric("pid", .identity, help: "number of the process", .number { UInt64(clamping: $0.processID) }),
    Metric("uptime", .gauge, .milliseconds, help: "time since the start", .number { UInt64(clamping: $0.uptime) }),
    Metric("vni", .identity, help: "`VNI`", .number { UInt64($0.vni) }),
    Metric(
      "filter", .identity, help: "`BPF_FILTER`; null where everything is taken",
      .text { $0.filter.isEmpty ? nil : $0.filter }),
    Metric(
      "filter_instructions", .gauge, .instructions,
      help: "length of the filter that the kernel runs on Ethernet frames, with what is never mirrored",
      .known { $0.filterInstructions.map { UInt64(clamping: $0) } }),
  ])

  /// Of each capture thread.
  package static let worker = MetricTable<ForwarderStatus.Worker>([
    Metric("index", .identity, help: "number of the thread, from 0 on", .number { UInt64(clamping: $0.index) }),
    Metric("capturing", .identity, help: "whether frames are being captured", .flag(\.isCapturing)),
    Metric(
      "turn_age", .gauge, .milliseconds, help: "time since the thread last began a turn of its loop",
      .number { UInt64(clamping: $0.turnAge) }),
    Metric("capture_failure", .identity, help: "why nothing is captured", .text(\.captureFailure)),
    Metric("filter_failure", .identity, help: "why the filter takes nothing", .text(\.filterFailure)),
    Metric(
      "ring_size", .gauge, .bytes, help: "capture ring that frames come by; null where the engine does not say",
      .known { $0.rings.map { UInt64(clamping: $0.hot.byteCount) } }),
    Metric(
      "ring_used", .gauge, .bytes, help: "part of it that waits to be sent",
      .known { $0.rings.map { UInt64(clamping: $0.hot.usedByteCount) } }),
    Metric(
      "ring_high_water", .gauge, .bytes, help: "the most of it that has waited at a time",
      .known { $0.rings.map { UInt64(clamping: $0.hot.peakByteCount) } }),
    Metric(
      "reserve_size", .gauge, .bytes, help: "ring for what the first one has no room for; null where there is none",
      .known { $0.rings?.reserve.map { UInt64(clamping: $0.byteCount) } }),
    Metric(
      "reserve_used", .gauge, .bytes, help: "part of the reserve that waits to be sent",
      .known { $0.rings?.reserve.map { UInt64(clamping: $0.usedByteCount) } }),
    Metric(
      "reserve_high_water", .gauge, .bytes, help: "the most of the reserve that has waited at a time",
      .known { $0.rings?.reserve.map { UInt64(clamping: $0.peakByteCount) } }),
  ])

  /// Of each interface.
  package static let interface = MetricTable<ForwarderStatus.Interface>([
    Metric("name", .identity, help: "name of the interface", .text(\.name)),
    Metric("link_type", .identity, help: "its link type as libpcap calls it", .text(\.linkType)),
    Metric("state", .identity, help: "`captured`, `down`, `lost` or `left out`", .text(\.state)),
    Metric("trouble", .identity, help: "why it is not captured although `INTERFACE` names it", .text(\.trouble)),
  ])

  /// Of each entry of DESTINATION.
  package static let destination = MetricTable<ForwarderStatus.Destination>([
    Metric("name", .identity, help: "entry of `DESTINATION`", .text(\.name)),
    Metric("state", .identity, help: "`in use`, or `standing by` under `failover`", .text(\.state)),
    Metric(
      "addresses", .identity, help: "addresses of its last good answer",
      .text { $0.addresses.isEmpty ? nil : $0.addresses.joined(separator: " ") }),
    Metric(
      "answer_age", .gauge, .milliseconds, help: "time since that answer",
      .known { $0.answerAge.map { UInt64(clamping: $0) } }),
    Metric("failure", .identity, help: "why it has no address, no way, or no new answer", .text(\.failure)),
  ])

  /// Of each collector, beside its account.
  package static let path = MetricTable<ForwarderStatus.Collector>([
    Metric(
      "names", .identity, help: "entries of `DESTINATION` that it is an address of",
      .text { $0.names.isEmpty ? nil : $0.names.joined(separator: " ") }),
    Metric(
      "route_mtu", .gauge, .bytes, help: "largest packet that the route carries; null where nothing is sent to it now",
      .known { $0.pathMTU.map { UInt64(clamping: $0) } }),
    Metric("source_ports", .identity, help: "UDP ports that its datagrams leave from", .text(\.sourcePorts)),
    Metric(
      "last_error_time", .identity, help: "when its last trouble was, RFC 3339",
      .moment { $0.report.lastErrorTime.map { UInt64(clamping: $0) } }, series: "last_error"),
  ])

  /// Of each of the flows that carry most.
  package static let flow = MetricTable<ForwarderStatus.Flow>([
    Metric("name", .identity, help: "protocol, addresses and ports", .text(\.name)),
    Metric(
      "bytes_per_second", .gauge, .bytes, help: "about what it carries, as found by sampling",
      .number(\.bytesPerSecond)),
  ])
}
