public import Capture
public import Logging
public import Mirror
import System
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
  /// Form of the statistics.
  public var statFormat = StatisticsFormat.text
  /// Least severe log messages shown.
  public var logLevel = Logger.Level.info
  /// Form of the log.
  public var logFormat = LogFormat.text
  /// Path of the file that exists while the forwarder is healthy; nil: none.
  public var healthFile: String?
  /// Whether the cloud's metadata endpoints are mirrored.
  public var mirrorsMetadata = false

  /// The defaults, for these collectors.
  public init(destinations: [Destination]) {
    self.destinations = destinations
  }

  /// The capture plan when frames go to these collectors from these ports.
  func plan(collectors: [SocketAddress], sourcePorts: [ClosedRange<UInt16>] = []) -> CapturePlan {
    var exclusions = Exclusions(
      collectors: collectors, includesMetadata: mirrorsMetadata)
    exclusions.sourcePorts = sourcePorts
    exclusions.mark = OwnMark.value
    var plan = CapturePlan(
      interfaces: interfaces, filter: filter, exclusions: exclusions, snapLength: snapLength,
      bufferByteCount: bufferByteCount)
    plan.share = .one(of: UInt64(sample))
    return plan
  }

  /// INTERFACE as it was given.
  public var interfaceNames: String { SettingForm.interfaces.write(interfaces) }
}
