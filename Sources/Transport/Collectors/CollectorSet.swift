import System
import Wire

/// The collectors of the moment, and how flows are shared among them.
public final class CollectorSet: Sendable {
  /// How several addresses are used.
  public enum Mode: String, Sendable, CaseIterable {
    /// Each flow goes to one of them.
    case balance
    /// Each frame goes to all of them.
    case copy
    /// Frames go to the first entry of DESTINATION that works, to its addresses by flow.
    case failover
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
      least = min(least, limit - Tunnel.overhead(isIPv6: paths[index].address.isIPv6))
    }
    return least
  }

  /// The largest outer IP packet in bytes now allowed, the least of all paths; nil without any.
  public func outerMTU(mtu: Int?) -> Int? {
    paths.map { min(mtu ?? Int.max, $0.routeMTU) }.min()
  }
}
