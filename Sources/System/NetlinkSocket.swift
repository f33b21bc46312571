import Glibc

/// Owner of a NETLINK_ROUTE socket (rtnetlink(7)), which needs no privilege.
struct NetlinkSocket: ~Copyable {
  /// For poll(2): readable when a datagram is there.
  let descriptor: CInt

  /// `struct sockaddr_nl` (linux/netlink.h): family, padding, port, groups.
  private static let addressByteCount = 12
  private static let protocolRoute: CInt = 0  // NETLINK_ROUTE
  /// The kernel fills a dump's datagrams up to what the reader offers, at most 32 KiB.
  private static let datagramByteCount = 32 << 10

  /// Opens one that hears of `groups` (RTMGRP_* bits; 0: none).
  ///
  /// - Throws: `SystemError` of `socket` (EMFILE, ENFILE, ENOBUFS; EPROTONOSUPPORT or EPERM in a sandbox) or `bind`.
  init(groups: UInt32, isBlocking: Bool) throws(SystemError) {
    let blocking = isBlocking ? 0 : Int32(SOCK_NONBLOCK.rawValue)
    descriptor = socket(
      AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | blocking, Self.protocolRoute)
    guard descriptor >= 0 else { throw .last("socket(AF_NETLINK)") }
    // An answer comes at once, or never.
    var limit = timeval(tv_sec: 1, tv_usec: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = unsafe Self.withAddress(groups: groups) {
      unsafe bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(Self.addressByteCount))
    }
    guard result == 0 else { throw .last("bind(AF_NETLINK)") }
  }

  deinit {
    close(descriptor)
  }

  /// Sends one request to the kernel.
  func send(_ request: [UInt8]) throws(SystemError) {
    let sent = unsafe Self.withAddress(groups: 0) { address in
      unsafe request.withUnsafeBytes { bytes in
        unsafe sendto(
          descriptor, bytes.baseAddress, bytes.count, 0, address.assumingMemoryBound(to: sockaddr.self),
          socklen_t(Self.addressByteCount))
      }
    }
    guard sent == request.count else { throw .last("sendto(AF_NETLINK)") }
  }

  /// Receives one datagram and hands it to `body`, unless it is not the kernel's.
  ///
  /// - Throws: `SystemError`: EAGAIN where nothing is there (blocking: for a second), ENOBUFS where datagrams were
  ///   lost, EMSGSIZE for one that is longer than the kernel makes them.
  func receive(_ body: (RawSpan) -> Void) throws(SystemError) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.datagramByteCount, alignment: 16)
    defer { unsafe memory.deallocate() }
    var (received, sender) = (0, UInt32(0))
    repeat {
      (received, sender) = unsafe Self.receive(descriptor, memory)
    } while received < 0 && errno == EINTR
    guard received >= 0 else { throw .last("recvfrom(AF_NETLINK)") }
    // Port 0 is the kernel.
    guard sender == 0 else { return }
    // MSG_TRUNC: the datagram's own length.
    guard received <= memory.count else { throw SystemError(operation: "recvfrom(AF_NETLINK)", code: EMSGSIZE) }
    body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: memory[..<received])))
  }

  /// Bytes of the next datagram, -1 for none, and the sender's port.
  private static func receive(_ descriptor: CInt, _ memory: UnsafeMutableRawBufferPointer) -> (Int, UInt32) {
    // nl_family and padding, nl_pid, nl_groups.
    var sender: (UInt32, UInt32, UInt32) = (0, 0, 0)
    var length = socklen_t(addressByteCount)
    let received = unsafe withUnsafeMutablePointer(to: &sender) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe recvfrom(descriptor, memory.baseAddress, memory.count, Int32(MSG_TRUNC), address, &length)
      }
    }
    return (received, sender.1)
  }

  /// Calls `body` with a `struct sockaddr_nl` that is the kernel's (port 0).
  private static func withAddress<R>(groups: UInt32, _ body: (UnsafeRawPointer) -> R) -> R {
    var address: (UInt16, UInt16, UInt32, UInt32) = (UInt16(AF_NETLINK), 0, 0, groups)
    return unsafe withUnsafeBytes(of: &address) { unsafe body($0.baseAddress!) }
  }
}
