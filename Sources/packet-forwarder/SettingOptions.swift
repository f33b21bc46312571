import ArgumentParser
import Forwarder
import Glibc

/// The flags of every setting. Values are read as text here and checked with the variables', so that both give the
/// same messages.
struct SettingOptions: ParsableArguments {
  @Option(help: "pcap-filter(7) expression of what to mirror. [BPF_FILTER; default: everything]")
  var filter: String?
  @Option(help: "Collectors: host, IPv4 or [IPv6], each with an optional :port, separated by commas. [DESTINATION]")
  var destination: String?
  @Option(help: "any, a name, or names separated by commas. [INTERFACE; default: any]")
  var interface: String?
  @Option(help: "Largest outer IP packet in bytes. [MTU; default: the route's]")
  var mtu: String?
  @Option(help: "Seconds between statistics; 0 is off. [STAT_DURATION; default: 30]")
  var statDuration: String?
  @Option(help: "VXLAN network identifier, 0 to 16777215. [VNI; default: 1]")
  var vni: String?
  @Option(help: "auto, ring or libpcap. [CAPTURE; default: auto]")
  var capture: String?
  @Option(help: "Bytes kept of each frame. [SNAP_LENGTH; default: all]")
  var snapLength: String?
  @Option(help: "What does not fit: segment, truncate or drop. [OVERSIZE; default: segment]")
  var oversize: String?
  @Option(help: "TCP cut to fill the mtu, or as on the wire. [SEGMENT; default: mtu]")
  var segment: String?
  @Option(help: "Checksums that offload left open: fill or keep. [CHECKSUM; default: fill]")
  var checksum: String?
  @Option(help: "Outer source ports that carry the flow hash. [SOURCE_PORTS; default: 4]")
  var sourcePorts: String?
  @Option(help: "Several collectors: balance by flow, or copy to all. [DESTINATION_MODE; default: balance]")
  var destinationMode: String?
  @Option(help: "Seconds between look-ups of the collectors' names. [RESOLVE_INTERVAL; default: 30]")
  var resolveInterval: String?
  @Option(help: "Capture threads; 0 is one per core. [WORKERS; default: 1]")
  var workers: String?
  @Option(help: "Capture buffer of each worker. [BUFFER_SIZE; default: 16MiB]")
  var bufferSize: String?
  @Option(help: "Mirror one of this many flows. [SAMPLE; default: 1]")
  var sample: String?
  @Option(help: "text or json. [STAT_FORMAT; default: text]")
  var statFormat: String?
  @Option(help: "trace, debug, info, notice, warning, error or critical. [LOG_LEVEL; default: info]")
  var logLevel: String?
  @Option(help: "Also mirror the cloud's metadata and credential endpoints: yes or no. [MIRROR_METADATA; default: no]")
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
