import Synchronization
public import System
import Wire

/// The way to one collector address: its lanes, and the MTU of the route, shared by all workers.
public final class CollectorPath: Sendable {
  /// Where it leads.
  public let address: SocketAddress
  /// The lanes, one per source port.
  public let lanes: [LaneSocket]
  /// A number of the address for rendezvous hashing, the same on every forwarder.
  let identity: UInt64
  private let mtu: Atomic<Int>
  private let segmentation: Atomic<Bool>

  /// Opens `laneCount` lanes to `address`.
  public init(to address: SocketAddress, laneCount: Int) throws(SystemError) {
    self.address = address
    var lanes: [LaneSocket] = []
    for _ in 0..<laneCount { lanes.append(try LaneSocket(to: address)) }
    self.lanes = lanes
    identity = address.bytes.reduce(FlowHash.mix(UInt64(address.port))) { FlowHash.mix($0 ^ UInt64($1)) }
    mtu = Atomic(lanes.first?.routeMTU ?? 1_280)
    segmentation = Atomic(lanes.first?.supportsSegmentation ?? false)
  }

  /// MTU of the route in bytes, as last seen.
  public var routeMTU: Int { mtu.load(ordering: .relaxed) }

  /// Whether batches go by UDP_SEGMENT. Once given up it stays so: the device cannot (no checksum offload before
  /// Linux 6.11).
  public var usesSegmentation: Bool { segmentation.load(ordering: .relaxed) }

  func giveUpSegmentation() { segmentation.store(false, ordering: .relaxed) }

  /// Reads the route's MTU from a lane that has just met it, and keeps it if it is smaller.
  func lowerMTU(_ lane: LaneSocket) {
    guard let current = lane.routeMTU, current < routeMTU else { return }
    mtu.store(current, ordering: .relaxed)
  }

  /// Looks the route up afresh, as a new connection would see it: a lane's own socket may still hold the route of its
  /// last send.
  ///
  /// - Returns: the MTU before and now, if it changed.
  public func refreshMTU() -> (before: Int, now: Int)? {
    guard let now = LaneSocket.routeMTU(to: address) else { return nil }
    let before = routeMTU
    guard now != before else { return nil }
    mtu.store(now, ordering: .relaxed)
    return (before, now)
  }
}

/// The collectors of the moment, and how flows are shared among them.
public final class CollectorSet: Sendable {
  /// How several addresses are used.
  public enum Mode: String, Sendable, CaseIterable {
    /// Each flow goes to one of them.
    case balance
    /// Each frame goes to all of them.
    case copy
  }

  /// Addresses beyond this many are not used; a frame's fate is kept in that many bits.
  public static let maximumCount = 32

  /// The paths, in ascending order of address.
  public let paths: [CollectorPath]
  /// How they are used.
  public let mode: Mode

  /// A set of at most `maximumCount` paths.
  public init(_ paths: [CollectorPath], mode: Mode) {
    self.paths = Array(paths.prefix(Self.maximumCount))
    self.mode = mode
  }

  /// The longest inner frame in bytes that fits every path when outer IP packets may have `mtu` bytes at most (nil:
  /// the routes alone decide).
  public func maximumFrame(mtu: Int?) -> Int {
    var least = Int.max
    // By index: an iterator of the array costs allocations in debug builds, and this is asked for every batch.
    for index in paths.indices {
      let limit = min(mtu ?? Int.max, paths[index].routeMTU)
      least = min(least, limit - paths[index].address.overhead - VXLANHeader.byteCount)
    }
    return least
  }

  /// The largest outer IP packet in bytes now allowed, the least of all paths; nil without any.
  public func outerMTU(mtu: Int?) -> Int? {
    paths.map { min(mtu ?? Int.max, $0.routeMTU) }.min()
  }
}
