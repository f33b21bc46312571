import CLinux
import Glibc
public import System

/// Owner of one connected UDP socket: a lane, which carries its share of the flows from one source port.
public final class SourcePortSocket: Sendable {
  /// The largest IPv4 packet in bytes.
  private static let maximumPacket = 65_535

  let descriptor: CInt
  /// Where it sends to.
  public let address: SocketAddress
  /// The local address and port that it sends from, as the route had it when the socket was made.
  public let source: SocketAddress

  /// Opens a socket that sends from `sourcePort`, which `SourcePorts` holds, and connects it. DF is set on every packet
  /// (IP_PMTUDISC_DO), so nothing is fragmented; ICMP errors and local drops are reported (IP_RECVERR). Where `mark` is
  /// given and the kernel allows it (CAP_NET_RAW, 5.17), packets carry it (SO_MARK).
  ///
  /// - Throws: `SystemError`; ENETUNREACH without a route.
  init(to address: SocketAddress, from sourcePort: UInt16, mark: UInt32?) throws(SystemError) {
    let opened = try Self.open(isIPv6: address.isIPv6, mark: mark)
    do throws(SystemError) {
      let (level, discovery, errors) =
        address.isIPv6
        ? (Int32(IPPROTO_IPV6), (IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO), IPV6_RECVERR)
        : (Int32(IPPROTO_IP), (IP_MTU_DISCOVER, IP_PMTUDISC_DO), IP_RECVERR)
      try SocketOption.set(opened, level, discovery.0, to: discovery.1, "IP_MTU_DISCOVER")
      try SocketOption.set(opened, level, errors, to: 1, "IP_RECVERR")
      // As much as the system allows: a batch is charged with its kernel structures.
      try SocketOption.set(opened, SOL_SOCKET, SO_SNDBUF, to: 4 << 20, "SO_SNDBUF")
      // Sockets to other collectors send from the same port.
      try SocketOption.set(opened, SOL_SOCKET, SO_REUSEPORT, to: 1, "SO_REUSEPORT")
      guard let local = SocketAddress(numeric: address.isIPv6 ? "::" : "0.0.0.0", port: sourcePort),
        unsafe local.withSocketAddress({ unsafe bind(opened, $0, $1) }) == 0
      else { throw .last("bind") }
      guard unsafe address.withSocketAddress({ unsafe connect(opened, $0, $1) }) == 0 else { throw .last("connect") }
      guard let bound = SocketAddress(localOf: opened) else { throw .last("getsockname") }
      source = bound
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

  /// The route that a new connection would take.
  struct Route: Equatable {
    /// Local address that packets would carry.
    var source: [UInt8]
    /// Bytes.
    var mtu: Int
  }

  /// The route that a new connection to `address` would take now; nil if there is none.
  static func route(to address: SocketAddress, mark: UInt32?) -> Route? {
    guard let probe = try? open(isIPv6: address.isIPv6, mark: mark) else { return nil }
    defer { close(probe) }
    guard unsafe address.withSocketAddress({ unsafe connect(probe, $0, $1) }) == 0,
      let mtu = routeMTU(probe, isIPv6: address.isIPv6), let source = SocketAddress(localOf: probe)
    else { return nil }
    return Route(source: source.bytes, mtu: mtu)
  }

  /// Waits until the send buffer has room; false after `milliseconds`.
  func waitForRoom(milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    // An ICMP error ends the wait too (POLLERR): the next send takes it.
    return unsafe poll(&entry, 1, milliseconds) > 0
  }

  private static func routeMTU(_ descriptor: CInt, isIPv6: Bool) -> Int? {
    let (level, option) = isIPv6 ? (Int32(IPPROTO_IPV6), IPV6_MTU) : (Int32(IPPROTO_IP), IP_MTU)
    // Loopback carries 65,536 bytes, more than an IPv4 packet can have.
    return SocketOption.get(descriptor, level, option).map { min(Int($0), maximumPacket) }
  }

  /// Whether the kernel knows UDP_SEGMENT (4.18): tried on the socket, not guessed from a version.
  var supportsSegmentation: Bool {
    do throws(SystemError) {
      try SocketOption.set(descriptor, CLinux_SOL_UDP, CLinux_UDP_SEGMENT, to: 1_000, "UDP_SEGMENT")
      // Off again: each send says its own size.
      try SocketOption.set(descriptor, CLinux_SOL_UDP, CLinux_UDP_SEGMENT, to: 0, "UDP_SEGMENT")
      return true
    } catch {
      return false
    }
  }

  private static func open(isIPv6: Bool, mark: UInt32?) throws(SystemError) -> CInt {
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
    guard descriptor >= 0 else { throw .last("socket") }
    // Without the permission the source ports have to do.
    if let mark { try? SocketOption.set(descriptor, SOL_SOCKET, SO_MARK, to: CInt(bitPattern: mark), "SO_MARK") }
    return descriptor
  }
}
