import ArgumentParser
import Forwarder
import Glibc

/// The flags of every setting. Values are read as text here and checked with the variables', so that both give the
/// same messages; what begins with a dash is a value as well.
struct SettingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: "pcap-filter(7) expression of what to mirror. [BPF_FILTER; default: everything]")
  var filter: String?
  @Option(
    parsing: .unconditional,
    help: "Collectors: host, IPv4 or [IPv6], each with an optional :port, separated by commas. [DESTINATION]")
  var destination: String?
  @Option(parsing: .unconditional, help: "any, a name, or names separated by commas. [INTERFACE; default: any]")
  var interface: String?
  @Option(parsing: .unconditional, help: "Largest outer IP packet in bytes. [MTU; default: the route's]")
  var mtu: String?
  @Option(parsing: .unconditional, help: "Seconds between statistics; 0 is off. [STAT_DURATION; default: 30]")
  var statDuration: String?
  @Option(parsing: .unconditional, help: "VXLAN network identifier, 0 to 16777215. [VNI; default: 1]")
  var vni: String?
  @Option(parsing: .unconditional, help: "auto, ring or libpcap. [CAPTURE; default: auto]")
  var capture: String?
  @Option(parsing: .unconditional, help: "Bytes kept of each frame. [SNAP_LENGTH; default: all]")
  var snapLength: String?
  @Option(parsing: .unconditional, help: "What does not fit: segment, truncate or drop. [OVERSIZE; default: segment]")
  var oversize: String?
  @Option(parsing: .unconditional, help: "TCP cut to fill the mtu, or as on the wire. [SEGMENT; default: mtu]")
  var segment: String?
  @Option(parsing: .unconditional, help: "Checksums that offload left open: fill or keep. [CHECKSUM; default: fill]")
  var checksum: String?
  @Option(parsing: .unconditional, help: "Outer source ports that carry the flow hash. [SOURCE_PORTS; default: 4]")
  var sourcePorts: String?
  @Option(
    parsing: .unconditional,
    help: "Several collectors: balance by flow, or copy to all. [DESTINATION_MODE; default: balance]")
  var destinationMode: String?
  @Option(
    parsing: .unconditional, help: "Seconds between look-ups of the collectors' names. [RESOLVE_INTERVAL; default: 30]")
  var resolveInterval: String?
  @Option(parsing: .unconditional, help: "Capture threads; 0 is one per core. [WORKERS; default: 1]")
  var workers: String?
  @Option(parsing: .unconditional, help: "Capture buffer of each worker. [BUFFER_SIZE; default: 32MiB]")
  var bufferSize: String?
  @Option(parsing: .unconditional, help: "Mirror one of this many flows. [SAMPLE; default: 1]")
  var sample: String?
  @Option(parsing: .unconditional, help: "text or json. [STAT_FORMAT; default: text]")
  var statFormat: String?
  @Option(
    parsing: .unconditional, help: "trace, debug, info, notice, warning, error or critical. [LOG_LEVEL; default: info]")
  var logLevel: String?
  @Option(
    parsing: .unconditional,
    help: "Also mirror the cloud's metadata and credential endpoints: yes or no. [MIRROR_METADATA; default: no]")
  var mirrorMetadata: String?

  /// The values given, with the environment behind them.
  var source: SettingSource {
    let given: [(String, String?)] = [
      ("filter", filter), ("destination", destination), ("interface", interface), ("mtu", mtu),
      ("stat-duration", statDuration), ("vni", vni), ("capture", capture), ("snap-length", snapLength),
      ("oversize", oversize), ("segment", segment), ("checksum", checksum), ("source-ports", sourcePorts),
      ("destination-mode", destinationMode), ("resolve-interval", resolveInterval), ("workers", workers),
      ("buffer-size", bufferSize), ("sample", sample), ("stat-format", statFormat), ("log-level", logLevel),
      ("mirror-metadata", mirrorMetadata),
    ]
    let flags = given.reduce(into: [String: String]()) { $0[$1.0] = $1.1 }
    return SettingSource(flags: flags, environment: Self.environment)
  }

  /// The variables of this process.
  static var environment: [String: String] {
    var found: [String: String] = [:]
    for setting in Setting.all {
      for variable in setting.variables {
        if let value = unsafe getenv(variable) { found[variable] = unsafe String(cString: value) }
      }
    }
    return found
  }
}
