internal import Glibc
internal import Wire

/// The owner of a bound UDP socket with the options that a VXLAN receiver wants.
struct ListeningSocket: ~Copyable {
  let descriptor: CInt

  /// Without a host: one dual-stack IPv6 socket, or IPv4 alone where the kernel has no IPv6.
  init(address: ListenAddress, receiveBuffer: CInt) throws(ReceiverError) {
    if let host = address.host {
      descriptor = try Self.open(host: host, port: address.port, receiveBuffer: receiveBuffer)
      return
    }
    do throws(ReceiverError) {
      descriptor = try Self.open(host: "::", port: address.port, receiveBuffer: receiveBuffer)
    } catch let error where error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL {
      descriptor = try Self.open(host: "0.0.0.0", port: address.port, receiveBuffer: receiveBuffer)
    }
  }

  deinit { close(descriptor) }

  private static func open(
    host: String, port: UInt16, receiveBuffer: CInt
  ) throws(ReceiverError) -> CInt {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
    unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard result == 0, let first = unsafe list else { throw ReceiverError(.resolve, code: result) }
    defer { unsafe freeaddrinfo(first) }

    let flags = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = unsafe Glibc.socket(first.pointee.ai_family, flags, 0)
    guard descriptor >= 0 else { throw ReceiverError(.socket, code: errno) }
    do throws(ReceiverError) {
      let isIPv6 = unsafe first.pointee.ai_family == AF_INET6
      try configure(descriptor, isIPv6: isIPv6, receiveBuffer: receiveBuffer)
      guard unsafe bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
        throw ReceiverError(.bind, code: errno)
      }
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func configure(
    _ descriptor: CInt, isIPv6: Bool, receiveBuffer: CInt
  ) throws(ReceiverError) {
    // The privileged form passes net.core.rmem_max; without the privilege take what the limit gives.
    if !set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, receiveBuffer) {
      _ = set(descriptor, SOL_SOCKET, SO_RCVBUF, receiveBuffer)
    }
    guard set(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1) else {
      throw ReceiverError(.setsockopt, code: errno)
    }
    guard isIPv6 else { return }
    guard set(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, 0) else {
      throw ReceiverError(.setsockopt, code: errno)
    }
    // Tunnels over IPv6 may send a zero UDP checksum (RFC 6935), which the kernel drops unless told otherwise
    // (UDP_NO_CHECK6_RX in linux/udp.h). What sends a checksum is received either way.
    _ = set(descriptor, CInt(IPPROTO_UDP), 102, 1)
  }

  private static func set(_ descriptor: CInt, _ level: CInt, _ name: CInt, _ value: CInt) -> Bool {
    var value = value
    return unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<CInt>.size)) == 0
  }

  /// The bound UDP port, host byte order.
  var port: UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return unsafe withUnsafeMutableBytes(of: &storage) { bytes in
      let address = unsafe bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      // Cannot fail on a bound socket; sockaddr_in and sockaddr_in6 both have the port at offset 2.
      _ = unsafe getsockname(descriptor, address, &length)
      return unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(bytes)).uint16(at: 2)
    }
  }

  /// Bytes the kernel granted. It doubles what was asked for to cover its overhead, and reports the double.
  var receiveBufferSize: Int {
    var value: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    _ = unsafe getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &value, &length)
    return Int(value)
  }

  /// The kernel's count of datagrams this socket had no room for; nil before Linux 4.12.
  var dropCount: UInt32? {
    var counters = InlineArray<9, UInt32>(repeating: 0)
    var length = socklen_t(MemoryLayout<InlineArray<9, UInt32>>.size)
    // Option and index: SO_MEMINFO in asm-generic/socket.h, SK_MEMINFO_DROPS in linux/sock_diag.h.
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, &counters, &length) == 0,
      length == socklen_t(MemoryLayout<InlineArray<9, UInt32>>.size)
    else { return nil }
    return counters[8]
  }

  /// Waits for a datagram, for `stop`, or for the reader of `output` to go away.
  func wait(stop: Event, output: CInt?) throws(ReceiverError) {
    // poll(2) ignores negative descriptors, and reports a hang-up without being asked to.
    var entries: InlineArray<3, pollfd> = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: output ?? -1, events: 0, revents: 0),
    ]
    let ready = unsafe withUnsafeMutableBytes(of: &entries) { bytes in
      unsafe poll(bytes.baseAddress!.assumingMemoryBound(to: pollfd.self), 3, -1)
    }
    guard ready >= 0 || errno == EINTR else { throw ReceiverError(.poll, code: errno) }
    guard entries[2].revents & Int16(POLLERR) == 0 else { throw ReceiverError.readerGone }
  }
}
