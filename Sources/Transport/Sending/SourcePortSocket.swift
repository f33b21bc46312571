import CLinux
import Glibc
public import System

/// Owner of one connected UDP socket: a lane, which carries its share of the flows from one source port.
public final class SourcePortSocket: Sendable {
  /// The largest IPv4 packet in bytes.
  private static let maximumPacket = 65_535

  private let owner: OwnedDescriptor
  /// Kept beside its owner: every send asks for it.
  let descriptor: CInt
  /// Where it sends to.
  public let address: SocketAddress
  /// The local address and port that it sends from, as the route had it when the socket was made.
  public let source: SocketAddress
  /// What it has sent.
  let account = PortAccount()

  /// Opens a socket that sends from `sourcePort`, which `SourcePorts` holds, and connects it. DF is set on every packet
  /// (IP_PMTUDISC_DO), so nothing is fragmented; ICMP errors and local drops are reported (IP_RECVERR). Where `mark` is
  /// given and the kernel allows it (CAP_NET_RAW, 5.17), packets carry it (SO_MARK).
  ///
  /// - Throws: `SystemError`; ENETUNREACH without a route.
  init(to address: SocketAddress, from sourcePort: UInt16, mark: UInt32?) throws(SystemError) {
    owner = try Self.open(isIPv6: address.isIPv6, mark: mark)
    descriptor = owner.value
    let (level, discovery, errors) =
      address.isIPv6
      ? (Int32(IPPROTO_IPV6), (IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO), IPV6_RECVERR)
      : (Int32(IPPROTO_IP), (IP_MTU_DISCOVER, IP_PMTUDISC_DO), IP_RECVERR)
    try SocketOption.set(descriptor, level, discovery.0, to: discovery.1, "IP_MTU_DISCOVER")
    try SocketOption.set(descriptor, level, errors, to: 1, "IP_RECVERR")
    // As much as the system allows: a batch is charged with its kernel structures.
    try SocketOption.set(descriptor, SOL_SOCKET, SO_SNDBUF, to: 4 << 20, "SO_SNDBUF")
    // Sockets to other collectors send from the same port.
    try SocketOption.set(descriptor, SOL_SOCKET, SO_REUSEPORT, to: 1, "SO_REUSEPORT")
    try Self.acceptControlFramesOnly(descriptor)
    try owner.bind(to: .wildcard(isIPv6: address.isIPv6, port: sourcePort))
    try owner.connect(to: address)
    guard let bound = SocketAddress(localOf: descriptor) else { throw .last("getsockname") }
    source = bound
    self.address = address
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
    guard let probe = try? open(isIPv6: address.isIPv6, mark: mark), (try? probe.connect(to: address)) != nil,
      let mtu = routeMTU(probe.value, isIPv6: address.isIPv6), let source = SocketAddress(localOf: probe.value)
    else { return nil }
    return Route(source: source.bytes, mtu: mtu)
  }

  /// Waits until the send buffer has room; false after `milliseconds`.
  func waitForRoom(milliseconds: Int32) -> Bool {
    // An ICMP error ends the wait too (POLLERR): the next send takes it.
    Polling.isReady(.writable(descriptor), within: milliseconds)
  }

  static func routeMTU(_ descriptor: CInt, isIPv6: Bool) -> Int? {
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

  private static func open(isIPv6: Bool, mark: UInt32?) throws(SystemError) -> OwnedDescriptor {
    let opened = try OwnedDescriptor.socket(isIPv6 ? AF_INET6 : AF_INET, .datagram)
    // Without the permission the source ports have to do.
    if let mark { try? SocketOption.set(opened.value, SOL_SOCKET, SO_MARK, to: CInt(bitPattern: mark), "SO_MARK") }
    return opened
  }
}
