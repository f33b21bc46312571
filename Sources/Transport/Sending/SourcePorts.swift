import CLinux
import Glibc
public import System

/// The UDP source ports that mirrored datagrams leave from, reserved for as long as this object is.
///
/// What leaves from them is known to be ours whatever becomes of its destination: a NAT, an overlay or a change in
/// DNS. So no other program may have them. Each is held by a socket of its own that was bound alone; only sockets of
/// this user may join it (SO_REUSEPORT), which the sockets to the collectors do.
public final class SourcePorts: Sendable {
  /// RFC 7348 section 5 recommends source ports of the dynamic range (RFC 6335 section 6).
  public static let dynamicRange: ClosedRange<UInt16> = 49_152...65_535

  /// The ports, in ascending order, one per lane.
  public let ports: [UInt16]
  private let holders: [OwnedDescriptor]

  /// Reserves `count` consecutive ports: of the dynamic range where it has room, else anywhere above 1023, else any
  /// that are free, and at least one.
  ///
  /// - Throws: `SystemError` of `socket` or `bind`; EADDRINUSE where no port is free.
  public convenience init(count: Int) throws(SystemError) {
    let last = Int(Self.dynamicRange.upperBound) - count + 1
    let first = Int(Self.dynamicRange.lowerBound)
    for _ in 0..<16 {
      if let found = try Self.reserve(from: Int.random(in: first...last), count: count) {
        self.init(found)
        return
      }
    }
    try self.init(count: count, searching: [Self.dynamicRange, 1_024...Self.dynamicRange.lowerBound - 1])
  }

  /// Searches the ranges one after the other for consecutive ports, then takes any.
  convenience init(count: Int, searching ranges: [ClosedRange<UInt16>]) throws(SystemError) {
    for range in ranges where range.count >= count {
      var start = Int(range.lowerBound)
      while start + count - 1 <= Int(range.upperBound) {
        if let found = try Self.reserve(from: start, count: count) {
          self.init(found)
          return
        }
        start += count
      }
    }
    var held: [(port: UInt16, holder: OwnedDescriptor)] = []
    while held.count < count {
      do throws(SystemError) {
        guard let any = try Self.hold(0) else { break }
        held.append(any)
      } catch {
        // Fewer ports carry the flows too.
        if held.isEmpty { throw error }
        break
      }
    }
    guard !held.isEmpty else { throw SystemError(operation: "bind", code: EADDRINUSE) }
    self.init(held)
  }

  private init(_ held: [(port: UInt16, holder: OwnedDescriptor)]) {
    let sorted = held.sorted { $0.port < $1.port }
    ports = sorted.map(\.port)
    holders = sorted.map(\.holder)
  }

  /// Whether the ports are what was asked for: consecutive, and of the dynamic range.
  public var isUsual: Bool { ranges.count == 1 && ports.allSatisfy(Self.dynamicRange.contains) }

  /// The ports as runs of consecutive ones.
  public var ranges: [ClosedRange<UInt16>] {
    var found: [ClosedRange<UInt16>] = []
    for port in ports {
      if let last = found.last, last.upperBound &+ 1 == port {
        found[found.count - 1] = last.lowerBound...port
      } else {
        found.append(port...port)
      }
    }
    return found
  }

  /// All ports, or nil if one of them is taken.
  private static func reserve(
    from start: Int, count: Int
  ) throws(SystemError) -> [(port: UInt16, holder: OwnedDescriptor)]? {
    var held: [(port: UInt16, holder: OwnedDescriptor)] = []
    for port in start..<start + count {
      guard let one = try hold(UInt16(port)) else { return nil }
      held.append(one)
    }
    return held
  }

  /// Binds a port that nobody has, of both families; 0 lets the kernel choose. Nil if it is taken.
  private static func hold(_ port: UInt16) throws(SystemError) -> (port: UInt16, holder: OwnedDescriptor)? {
    // An IPv6 socket holds the port for IPv4 as well.
    let holder: OwnedDescriptor
    let dual = try? OwnedDescriptor.socket(AF_INET6, .datagram)
    if let dual {
      holder = dual
      try SocketOption.set(holder.value, Int32(IPPROTO_IPV6), IPV6_V6ONLY, to: 0, "IPV6_V6ONLY")
    } else {
      holder = try OwnedDescriptor.socket(AF_INET, .datagram)
    }
    // Whatever is sent to the port is dropped, not kept in memory.
    try SocketFilter.attach(SocketFilter.discardAll, to: holder.value)
    do throws(SystemError) {
      try holder.bind(to: .wildcard(isIPv6: dual != nil, port: port))
    } catch  where error.code == EADDRINUSE || error.code == EACCES {
      // EACCES: a port that only root may have.
      return nil
    }
    // Bound alone; from now on our own sockets may have the port too.
    try SocketOption.set(holder.value, SOL_SOCKET, SO_REUSEPORT, to: 1, "SO_REUSEPORT")
    guard let bound = SocketAddress(localOf: holder.value) else { throw .last("getsockname") }
    return (bound.port, holder)
  }
}
