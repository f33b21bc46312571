import CLinux
import Glibc

/// Owner of a NETLINK_ROUTE socket (rtnetlink(7)), which needs no privilege.
struct NetlinkSocket: ~Copyable {
  /// For poll(2): readable when a datagram is there.
  let descriptor: CInt

  private static let protocolRoute: CInt = 0  // NETLINK_ROUTE, linux/netlink.h
  private static let levelNetlink: CInt = 270  // SOL_NETLINK, linux/socket.h
  private static let addMembership: CInt = 1  // NETLINK_ADD_MEMBERSHIP
  /// The kernel fills a dump's datagrams up to what the reader offers, at most 32 KiB.
  private static let datagramByteCount = 32 << 10
  /// NLMSG_NOOP, which the kernel passes over.
  private static let noOperation: [UInt8] = [16, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  /// Opens one that hears of `groups` (RTNLGRP_*).
  ///
  /// - Throws: `SystemError` of `socket` (EMFILE, ENFILE, ENOBUFS; EPROTONOSUPPORT or EPERM in a sandbox), `setsockopt`
  ///   or `send`.
  init(groups: [UInt32], isBlocking: Bool) throws(SystemError) {
    let blocking = isBlocking ? 0 : Int32(SOCK_NONBLOCK.rawValue)
    descriptor = socket(
      AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | blocking, Self.protocolRoute)
    guard descriptor >= 0 else { throw .last("socket(AF_NETLINK)") }
    // An answer comes at once, or never.
    var limit = timeval(tv_sec: 1, tv_usec: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    for var group in groups {
      let size = socklen_t(MemoryLayout<UInt32>.size)
      guard unsafe setsockopt(descriptor, Self.levelNetlink, Self.addMembership, &group, size) == 0 else {
        throw .last("NETLINK_ADD_MEMBERSHIP")
      }
    }
    // The first message gives the socket its port; without one it would hear nothing.
    try send(Self.noOperation)
  }

  deinit {
    close(descriptor)
  }

  /// Sends one request to the kernel.
  func send(_ request: [UInt8]) throws(SystemError) {
    let sent = unsafe request.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
    guard sent == request.count else { throw .last("send(AF_NETLINK)") }
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
    guard received >= 0 else { throw .last("recvmsg(AF_NETLINK)") }
    // Port 0 is the kernel.
    guard sender == 0 else { return }
    // MSG_TRUNC: the datagram's own length.
    guard received <= memory.count else { throw SystemError(operation: "recvmsg(AF_NETLINK)", code: EMSGSIZE) }
    body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: memory[..<received])))
  }

  /// Bytes of the next datagram, -1 for none, and the sender's port.
  private static func receive(_ descriptor: CInt, _ memory: UnsafeMutableRawBufferPointer) -> (Int, UInt32) {
    // struct sockaddr_nl: nl_family and padding, nl_pid, nl_groups.
    var sender: (UInt32, UInt32, UInt32) = (0, 0, 0)
    var part = unsafe iovec(iov_base: memory.baseAddress, iov_len: memory.count)
    let received = unsafe withUnsafeMutableBytes(of: &sender) { address in
      unsafe withUnsafeMutablePointer(to: &part) { part in
        var message = unsafe msghdr()
        unsafe message.msg_name = address.baseAddress
        unsafe message.msg_namelen = socklen_t(address.count)
        unsafe message.msg_iov = part
        unsafe message.msg_iovlen = 1
        return unsafe recvmsg(descriptor, &message, Int32(MSG_TRUNC))
      }
    }
    return (received, sender.1)
  }
}
