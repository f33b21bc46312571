import Mirror
import Wire

extension Setting {
  /// Every setting there is, in the order in which values are checked and `--help` shows them. A row here and a property
  /// of `Settings` make a setting: flags, variables, messages, `--help` and the log's first line follow from them, and a
  /// test compares docs/settings.md and the Dockerfile.
  public static let all: [Setting] = [
    Setting(
      "filter", "BPF_FILTER", to: \.filter, .text, fallback: .called("everything"), isListed: false,
      help: "pcap-filter(7) expression of what to mirror."),
    Setting(
      "destination", "DESTINATION", to: \.destinations, .destinations, fallback: .none, isListed: false,
      help: "Collectors: host, IPv4 or [IPv6], each with an optional :port; {zone} and {region} are filled in."),
    Setting(
      "interface", "INTERFACE", to: \.interfaces, .interfaces, short: "i", isListed: false,
      help: "any, a name, or names separated by commas."),
    Setting(
      "mtu", "MTU", to: \.mtu, .number(576...65_535, "a number of bytes from 576 to 65535"), otherwise: "the route's",
      isListed: false, help: "Largest outer IP packet in bytes."),
    Setting(
      "stat-duration", "STAT_DURATION", to: \.statDuration, .number(0...86_400, "seconds from 0 (off) to 86400"),
      help: "Seconds between statistics; 0 is off."),
    Setting(
      "vni", "VNI", to: \.vni, .number(0...VXLANHeader.maximumVNI, "a number from 0 to 16777215"), isListed: false,
      help: "VXLAN network identifier, 0 to 16777215."),
    Setting("capture", "CAPTURE", to: \.capture, .choice, help: "Capture engine: auto, ring or libpcap."),
    Setting(
      "snap-length", "SNAP_LENGTH", to: \.snapLength, .number(14...262_144, "a number of bytes from 14 to 262144"),
      otherwise: "all", help: "Bytes kept of each frame."),
    Setting(
      "oversize", "OVERSIZE", to: \.oversize, .choice, help: "What does not fit: segment, truncate or drop."),
    Setting("segment", "SEGMENT", to: \.segment, .choice, help: "TCP cut to fill the mtu, or as on the wire."),
    Setting(
      "checksum", "CHECKSUM", to: \.checksum, .choice, help: "Checksums that offload left open: fill or keep."),
    Setting(
      "source-ports", "SOURCE_PORTS", to: \.sourcePorts, .number(1...256, "a number from 1 to 256"),
      help: "Outer source ports that carry the flow hash."),
    Setting(
      "destination-mode", "DESTINATION_MODE", to: \.destinationMode, .choice,
      help: "Several collectors: balance by flow, copy to all, or failover to the first that works."),
    Setting(
      "resolve-interval", "RESOLVE_INTERVAL", to: \.resolveInterval, .number(1...86_400, "seconds from 1 to 86400"),
      help: "Seconds between look-ups of the collectors' names."),
    Setting(
      "workers", "WORKERS", to: \.workers, .number(0...64, "a number from 1 to 64, or 0 for one per core"),
      help: "Capture threads; 0 is one per core."),
    Setting(
      "buffer-size", "BUFFER_SIZE", to: \.bufferByteCount, .byteSize, help: "Capture buffer of each worker."),
    Setting(
      "rate-limit", "RATE_LIMIT", to: \.rateLimit, .rate, otherwise: "none",
      help: "Send no more than this; sheds whole flows: 500Mbps, 50000pps."),
    Setting(
      "cpu-limit", "CPU_LIMIT", to: \.cpuLimit, .cores, otherwise: "none",
      help: "Use no more than this share of a core; sheds whole flows: 0.2."),
    Setting(
      "sample", "SAMPLE", to: \.sample, .number(1...1_000_000, "a number from 1 to 1000000"),
      help: "Mirror one of this many flows."),
    Setting(
      "encrypted", "ENCRYPTED", to: \.encrypted, .choice,
      help: "Of TLS, SSH and QUIC, mirror all (mirror), what is in the clear (handshake), or none."),
    Setting(
      "flow-depth", "FLOW_DEPTH", to: \.flowDepth, .byteSize(from: 1 << 10, to: 1 << 30), otherwise: "whole",
      help: "Payload bytes mirrored of each response in the clear: 64KiB."),
    Setting(
      "mirror", "MIRROR", to: \.side, .choice,
      help: "TCP connections that are mirrored: all, or those that this host accepted or opened."),
    Setting(
      "flow-table", "FLOW_TABLE", to: \.flowTableByteCount, .byteSize,
      help: "Memory for the flows that ENCRYPTED, FLOW_DEPTH and MIRROR follow."),
    Setting(
      "for", to: \.mirrorsFor, .duration, otherwise: "for ever",
      help: "Mirror this long from the start of the capture, then end: 10m, 1h30m."),
    Setting(
      "until-packets", to: \.untilPackets, .number(1...Int64.max, "a number of packets from 1 on"),
      otherwise: "for ever",
      help: "Mirror this many packets, then end."),
    Setting(
      "stat-format", "STAT_FORMAT", to: \.statFormat, .choice,
      help: "text, json, or emf (CloudWatch's embedded metric format)."),
    Setting(
      "metrics", "METRICS", to: \.metrics, .scrapeAddress, otherwise: "off",
      help: "Where Prometheus may ask for figures: :9749, 127.0.0.1:9749, [::1]:9749."),
    Setting(
      "log-level", "LOG_LEVEL", "LOGLEVEL", to: \.logLevel, .logLevel,
      help: "trace, debug, info, notice, warning, error or critical."),
    Setting("log-format", "LOG_FORMAT", to: \.logFormat, .choice, help: "text or json."),
    Setting(
      "health-file", "HEALTH_FILE", to: \.healthFile, .filePath, otherwise: "none",
      help: "File that exists while the forwarder is healthy."),
    Setting(
      "reports", "REPORTS", to: \.reports, .choice,
      help: "Once a second, tell collectors what was sent: auto (those that ask), on or off."),
    Setting(
      "mirror-metadata", "MIRROR_METADATA", to: \.mirrorsMetadata, .yesOrNo,
      help: "Also mirror the cloud's metadata and credential endpoints: yes or no."),
    Setting(
      "exclude", "EXCLUDE", to: \.exclude, .text, fallback: .called("nothing"),
      help: "pcap-filter(7) expression of what is never mirrored."),
    Setting(
      "sandbox", "SANDBOX", to: \.sandbox, .choice,
      help: "Landlock, seccomp and fewest capabilities on itself: auto, off or require."),
    Setting(
      "user", "USER_NAME", to: \.user, .user, otherwise: "who started it",
      help: "Become this user first; the program must be started as root then."),
  ]
}
