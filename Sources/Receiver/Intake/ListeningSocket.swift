internal import CLinux
internal import Glibc
internal import System

/// The owner of a bound UDP socket with the options that a VXLAN receiver wants.
struct ListeningSocket: ~Copyable {
  private let owner: OwnedDescriptor

  var descriptor: CInt { owner.value }

  /// UDP_GRO (linux/udp.h): datagrams of one sender and one size may come as one message; from Linux 5.0 on.
  static let udpGRO: CInt = 104
  /// IP_RECVFRAGSIZE (linux/in.h): a message that came in fragments says so.
  static let ipFragmentSize: CInt = 25
  /// IPV6_RECVFRAGSIZE (linux/in6.h).
  static let ipv6FragmentSize: CInt = 77

  /// Without a host: one dual-stack IPv6 socket, or IPv4 alone where the kernel has no IPv6.
  init(address: ListenAddress, receiveBuffer: CInt) throws(ReceiverError) {
    if let host = address.host {
      owner = try Self.open(at: Self.lookUp(host, port: address.port), receiveBuffer: receiveBuffer)
      return
    }
    do throws(ReceiverError) {
      owner = try Self.open(at: .wildcard(isIPv6: true, port: address.port), receiveBuffer: receiveBuffer)
    } catch let error where error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL {
      owner = try Self.open(at: .wildcard(isIPv6: false, port: address.port), receiveBuffer: receiveBuffer)
    }
  }

  /// One more at the address of `first`, with which it shares what arrives: the kernel chooses by sender's and own
  /// address and port, so what came from one port of a sender stays with one socket.
  init(sharing first: borrowing ListeningSocket, receiveBuffer: CInt) throws(ReceiverError) {
    guard let address = SocketAddress(localOf: first.descriptor) else {
      throw ReceiverError(.bind, code: EINVAL)
    }
    // An address of every family reads as IPv6 with all bits zero.
    owner = try Self.open(at: address, receiveBuffer: receiveBuffer, isShared: true)
  }

  /// Lets others of this user bind to the same address from now on. The first of them is bound without, so that a port
  /// in use is an error and not half of the traffic.
  func allowSharing() throws(ReceiverError) {
    try ReceiverError.from(.setsockopt) { () throws(SystemError) in
      try SocketOption.set(descriptor, SOL_SOCKET, SO_REUSEPORT, to: 1, "SO_REUSEPORT")
    }
  }

  /// The preferred one of the host's addresses.
  private static func lookUp(_ host: String, port: UInt16) throws(ReceiverError) -> SocketAddress {
    do throws(NameLookup.Failure) {
      let found = try NameLookup.addresses(of: host, port: port, onlyReachable: false)
      if let first = found.first { return first }
    } catch {
      throw ReceiverError(.resolve, code: error.code)
    }
    throw ReceiverError(.resolve, code: EAI_NONAME)
  }

  private static func open(
    at address: SocketAddress, receiveBuffer: CInt, isShared: Bool = false
  ) throws(ReceiverError) -> OwnedDescriptor {
    let family = address.isIPv6 ? AF_INET6 : AF_INET
    let owner = try ReceiverError.from(.socket) { () throws(SystemError) in
      try OwnedDescriptor.socket(family, .datagram, isBlocking: false)
    }
    try ReceiverError.from(.setsockopt) { () throws(SystemError) in
      try configure(owner.value, isIPv6: address.isIPv6, receiveBuffer: receiveBuffer)
      if isShared { try SocketOption.set(owner.value, SOL_SOCKET, SO_REUSEPORT, to: 1, "SO_REUSEPORT") }
    }
    try ReceiverError.from(.bind) { () throws(SystemError) in try owner.bind(to: address) }
    return owner
  }

  private static func configure(_ descriptor: CInt, isIPv6: Bool, receiveBuffer: CInt) throws(SystemError) {
    // The privileged form passes net.core.rmem_max; without the privilege take what the limit gives.
    do throws(SystemError) {
      try SocketOption.set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, to: receiveBuffer, "SO_RCVBUFFORCE")
    } catch {
      try? SocketOption.set(descriptor, SOL_SOCKET, SO_RCVBUF, to: receiveBuffer, "SO_RCVBUF")
    }
    try SocketOption.set(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, to: 1, "SO_TIMESTAMPNS")
    // What an old kernel has not is done without: datagrams come one by one, fragments are not told.
    try? SocketOption.set(descriptor, CLinux_SOL_UDP, udpGRO, to: 1, "UDP_GRO")
    try? SocketOption.set(descriptor, CInt(IPPROTO_IP), ipFragmentSize, to: 1, "IP_RECVFRAGSIZE")
    guard isIPv6 else { return }
    try? SocketOption.set(descriptor, CInt(IPPROTO_IPV6), ipv6FragmentSize, to: 1, "IPV6_RECVFRAGSIZE")
    try SocketOption.set(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, to: 0, "IPV6_V6ONLY")
    // Tunnels over IPv6 may send a zero UDP checksum (RFC 6935), which the kernel drops unless told otherwise
    // (UDP_NO_CHECK6_RX in linux/udp.h). What sends a checksum is received in any case.
    try? SocketOption.set(descriptor, CInt(IPPROTO_UDP), 102, to: 1, "UDP_NO_CHECK6_RX")
  }

  /// The bound UDP port, host byte order.
  var port: UInt16 {
    // Cannot fail on a bound socket.
    SocketAddress(localOf: descriptor)?.port ?? 0
  }

  /// Sends one datagram from the port listened on, unless that would have to wait or fails.
  func send(_ bytes: [UInt8], to address: SocketAddress) { try? owner.send(bytes, to: address) }

  /// Sends a datagram from the port listened on, unless that would have to wait or fails.
  func send(_ reply: Reply) { try? owner.send(reply.bytes, to: reply.receiver.at(port: reply.port)) }

  /// Bytes the kernel granted. It doubles what was asked for to cover its overhead, and reports the double.
  var receiveBufferSize: Int { Int(SocketOption.get(descriptor, SOL_SOCKET, SO_RCVBUF) ?? 0) }

  /// The kernel's count of messages this socket had no room for, which is what SO_RXQ_OVFL would say with the next
  /// one; nil before Linux 4.12.
  var dropCount: UInt32? {
    // Option and index: SO_MEMINFO in asm-generic/socket.h, SK_MEMINFO_DROPS in linux/sock_diag.h.
    SocketOption.get(descriptor, SOL_SOCKET, SO_MEMINFO, into: InlineArray<9, UInt32>(repeating: 0))?[8]
  }
}
