public import Capture
import Glibc
public import Logging
public import Mirror
public import System
public import Telemetry
public import Transport
import Wire

/// Everything an operator can set, checked. Each property has a row in `Setting.all`.
public struct Settings: Sendable {
  /// pcap-filter(7) expression; empty takes every frame.
  public var filter = ""
  /// Collectors.
  public var destinations: [Destination]
  /// Interfaces captured on.
  public var interfaces = CapturePlan.Interfaces.any
  /// Largest outer IP packet in bytes; nil takes the route's.
  public var mtu: Int?
  /// Seconds between statistics; 0 is off.
  public var statDuration = 30
  /// VXLAN network identifier.
  public var vni: UInt32 = 1
  /// Capture engine.
  public var capture = CaptureChoice.auto
  /// Bytes kept of each frame; nil keeps all.
  public var snapLength: Int?
  /// What happens to frames that do not fit.
  public var oversize = OversizePolicy.segment
  /// How TCP is cut.
  public var segment = SegmentPolicy.mtu
  /// What happens to open checksums.
  public var checksum = ChecksumPolicy.fill
  /// Outer source ports per collector.
  public var sourcePorts = 4
  /// How several collectors are used.
  public var destinationMode = CollectorSet.Mode.balance
  /// Seconds between look-ups of the collectors' names.
  public var resolveInterval = 30
  /// Capture threads.
  public var workers = 1
  /// Capture buffer per worker in bytes.
  public var bufferByteCount = 32 << 20
  /// How much is sent in a second at most; nil: no limit.
  public var rateLimit: RateLimit?
  /// How many cores are used at most; nil: no limit.
  public var cpuLimit: Double?
  /// One of this many flows is mirrored.
  public var sample = 1
  /// Seconds after which mirroring ends; nil: never.
  public var mirrorsFor: Int?
  /// Forwarded packets after which mirroring ends; nil: never.
  public var untilPackets: Int64?
  /// What of encrypted connections is mirrored.
  public var encrypted = EncryptedPolicy.mirror
  /// Payload bytes mirrored of each response in the clear; nil: all.
  public var flowDepth: Int?
  /// The TCP connections that are mirrored, by who opened them.
  public var side = ConnectionSide.all
  /// Bytes of memory for the flows that these rules follow.
  public var flowTableByteCount = 16 << 20
  /// Form of the statistics.
  public var statFormat = StatisticsFormat.text
  /// Where figures and health are shown over HTTP; nil: nowhere.
  public var metrics: ScrapeAddress?
  /// Least severe log messages shown.
  public var logLevel = Logger.Level.info
  /// Form of the log.
  public var logFormat = LogFormat.text
  /// Path of the file that exists while the forwarder is healthy; nil: none.
  public var healthFile: String?
  /// Which collectors get reports of what was sent to them.
  public var reports = ReportPolicy.auto
  /// Whether the cloud's metadata endpoints are mirrored.
  public var mirrorsMetadata = false
  /// pcap-filter(7) expression of what is never mirrored, whatever `filter` says; empty for nothing.
  public var exclude = ""
  /// Whether the program gives up what it does not need.
  public var sandbox = SandboxMode.auto
  /// Whom the program becomes; nil stays who it is.
  public var user: String?

  /// The defaults, for these collectors.
  public init(destinations: [Destination]) {
    self.destinations = destinations
  }

  /// The capture plan when frames go to these collectors from these ports.
  package func plan(collectors: [SocketAddress], sourcePorts: [ClosedRange<UInt16>] = []) -> CapturePlan {
    var exclusions = Exclusions(
      collectors: collectors, includesMetadata: mirrorsMetadata)
    exclusions.sourcePorts = sourcePorts
    exclusions.mark = OwnMark.value
    exclusions.expression = exclude
    var plan = CapturePlan(
      interfaces: interfaces, filter: filter, exclusions: exclusions, snapLength: snapLength,
      bufferByteCount: bufferByteCount)
    plan.share = .one(of: UInt64(sample))
    return plan
  }

  /// What of the flows is not worth mirroring, for each of so many workers: the memory is that of all of them.
  package func flowRules(workers: Int) -> FlowRules {
    var rules = FlowRules()
    rules.encrypted = encrypted
    rules.depth = flowDepth
    rules.side = side
    rules.tableByteCount = flowTableByteCount / workers
    return rules
  }

  /// Capture threads that WORKERS asks for, and the engine can have.
  package var workerCount: Int {
    // libpcap's handles cannot share an interface: each would see every frame.
    capture == .libpcap ? 1 : askedWorkers
  }

  /// Capture threads that WORKERS asks for.
  var askedWorkers: Int { workers > 0 ? workers : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// INTERFACE as it was given.
  public var interfaceNames: String { SettingForm.interfaces.write(interfaces) }
}
