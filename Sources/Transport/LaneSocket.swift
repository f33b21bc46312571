import CLinux
import Glibc
public import System

/// Owner of one connected UDP socket: a lane, which carries its share of the flows from one source port.
public final class LaneSocket: Sendable {
  /// RFC 7348 section 5 recommends source ports of the dynamic range.
  public static let sourcePorts: ClosedRange<UInt16> = 49_152...65_535
  /// The largest IPv4 packet in bytes.
  private static let maximumPacket = 65_535
  /// Longest time in milliseconds that a send waits for the device's queue before the batch is given up.
  static let sendTimeoutMilliseconds = 500

  let descriptor: CInt
  /// Where it sends to.
  public let address: SocketAddress
  /// UDP source port.
  public let sourcePort: UInt16

  /// Opens a socket on a free source port and connects it. DF is set on every packet (IP_PMTUDISC_DO), so nothing is
  /// fragmented.
  public init(to address: SocketAddress) throws(SystemError) {
    let opened = try Self.open(isIPv6: address.isIPv6)
    do throws(SystemError) {
      try Self.set(
        opened,
        address.isIPv6
          ? (Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO)
          : (Int32(IPPROTO_IP), IP_MTU_DISCOVER, IP_PMTUDISC_DO))
      // As much as the system allows: a batch is charged with its kernel structures.
      try Self.set(opened, (SOL_SOCKET, SO_SNDBUF, 4 << 20))
      var timeout = timeval(tv_sec: 0, tv_usec: Self.sendTimeoutMilliseconds * 1_000)
      let size = socklen_t(MemoryLayout<timeval>.size)
      guard unsafe setsockopt(opened, SOL_SOCKET, SO_SNDTIMEO, &timeout, size) == 0 else { throw .last("SO_SNDTIMEO") }
      sourcePort = try Self.bindSourcePort(opened, isIPv6: address.isIPv6)
      guard unsafe address.withSocketAddress({ unsafe connect(opened, $0, $1) }) == 0 else { throw .last("connect") }
    } catch {
      close(opened)
      throw error
    }
    descriptor = opened
    self.address = address
  }

  deinit {
    close(descriptor)
  }

  /// MTU in bytes of the route to the collector, as this socket's last send met it; nil if there is no route.
  public var routeMTU: Int? { Self.routeMTU(descriptor, isIPv6: address.isIPv6) }

  /// MTU in bytes of the route that a new connection to `address` would take; nil if there is none.
  static func routeMTU(to address: SocketAddress) -> Int? {
    guard let probe = try? open(isIPv6: address.isIPv6) else { return nil }
    defer { close(probe) }
    guard unsafe address.withSocketAddress({ unsafe connect(probe, $0, $1) }) == 0 else { return nil }
    return routeMTU(probe, isIPv6: address.isIPv6)
  }

  private static func routeMTU(_ descriptor: CInt, isIPv6: Bool) -> Int? {
    var value: CInt = 0
    var size = socklen_t(MemoryLayout<CInt>.size)
    let option = isIPv6 ? (Int32(IPPROTO_IPV6), IPV6_MTU) : (Int32(IPPROTO_IP), IP_MTU)
    guard unsafe getsockopt(descriptor, option.0, option.1, &value, &size) == 0 else { return nil }
    // Loopback carries 65,536 bytes, more than an IPv4 packet can have.
    return min(Int(value), maximumPacket)
  }

  /// Whether the kernel knows UDP_SEGMENT (4.18): tried on the socket, not guessed from a version.
  var supportsSegmentation: Bool {
    var value: CInt = 1_000
    let size = socklen_t(MemoryLayout<CInt>.size)
    guard unsafe setsockopt(descriptor, CLinux_SOL_UDP, CLinux_UDP_SEGMENT, &value, size) == 0 else { return false }
    // Off again: each send says its own size.
    value = 0
    return unsafe setsockopt(descriptor, CLinux_SOL_UDP, CLinux_UDP_SEGMENT, &value, size) == 0
  }

  private static func open(isIPv6: Bool) throws(SystemError) -> CInt {
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
    guard descriptor >= 0 else { throw .last("socket") }
    return descriptor
  }

  private static func set(_ descriptor: CInt, _ option: (CInt, CInt, CInt)) throws(SystemError) {
    var value = option.2
    let size = socklen_t(MemoryLayout<CInt>.size)
    guard unsafe setsockopt(descriptor, option.0, option.1, &value, size) == 0 else { throw .last("setsockopt") }
  }

  /// Binds to a free port of the range, from a random one on.
  private static func bindSourcePort(_ descriptor: CInt, isIPv6: Bool) throws(SystemError) -> UInt16 {
    let count = Int(sourcePorts.upperBound - sourcePorts.lowerBound) + 1
    let first = Int.random(in: 0..<count)
    for step in 0..<count {
      let port = sourcePorts.lowerBound + UInt16((first + step) % count)
      // The unspecified address of the family.
      guard let local = SocketAddress(numeric: isIPv6 ? "::" : "0.0.0.0", port: port) else { break }
      if unsafe local.withSocketAddress({ unsafe bind(descriptor, $0, $1) }) == 0 { return port }
      if errno != EADDRINUSE { throw .last("bind") }
    }
    throw SystemError(operation: "bind", code: EADDRINUSE)
  }
}
