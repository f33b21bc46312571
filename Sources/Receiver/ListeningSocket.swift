internal import Glibc
internal import System

/// The owner of a bound UDP socket with the options that a VXLAN receiver wants.
struct ListeningSocket: ~Copyable {
  private let owner: OwnedDescriptor

  var descriptor: CInt { owner.value }

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

  private static func open(at address: SocketAddress, receiveBuffer: CInt) throws(ReceiverError) -> OwnedDescriptor {
    let family = address.isIPv6 ? AF_INET6 : AF_INET
    let owner = try ReceiverError.from(.socket) { () throws(SystemError) in
      try OwnedDescriptor.socket(family, .datagram, isBlocking: false)
    }
    try ReceiverError.from(.setsockopt) { () throws(SystemError) in
      try configure(owner.value, isIPv6: address.isIPv6, receiveBuffer: receiveBuffer)
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
    guard isIPv6 else { return }
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

  /// Bytes the kernel granted. It doubles what was asked for to cover its overhead, and reports the double.
  var receiveBufferSize: Int { Int(SocketOption.get(descriptor, SOL_SOCKET, SO_RCVBUF) ?? 0) }

  /// The kernel's count of datagrams this socket had no room for; nil before Linux 4.12.
  var dropCount: UInt32? {
    // Option and index: SO_MEMINFO in asm-generic/socket.h, SK_MEMINFO_DROPS in linux/sock_diag.h.
    SocketOption.get(descriptor, SOL_SOCKET, SO_MEMINFO, into: InlineArray<9, UInt32>(repeating: 0))?[8]
  }

  /// Waits for a datagram, for `stop`, or for the reader of `output` to go away.
  func wait(stop: Event, output: CInt?) throws(ReceiverError) {
    // poll(2) reports that a reader has gone without being asked to.
    var entries: InlineArray<3, pollfd> = [.readable(descriptor), .readable(stop.descriptor), .closed(output ?? -1)]
    var span = entries.mutableSpan
    do throws(SystemError) {
      try Polling.poll(&span, milliseconds: -1)
    } catch {
      throw ReceiverError(.poll, code: error.code)
    }
    guard entries[2].revents & Int16(POLLERR) == 0 else { throw ReceiverError.readerGone }
  }
}
