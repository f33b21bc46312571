import CLinux
import Glibc

/// Owner of a netlink socket (netlink(7)), which needs no privilege.
struct NetlinkSocket: ~Copyable {
  private let owner: OwnedDescriptor

  /// For poll(2): readable when a datagram is there.
  var descriptor: CInt { owner.value }

  /// What a socket speaks with (NETLINK_*, linux/netlink.h).
  enum Family: CInt {
    case route = 0
    case socketDiagnosis = 4
  }

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
  init(_ family: Family = .route, groups: [UInt32], isBlocking: Bool) throws(SystemError) {
    let owner = try OwnedDescriptor.socket(
      AF_NETLINK, .raw, number: family.rawValue, isBlocking: isBlocking, as: "socket(AF_NETLINK)")
    // An answer comes at once, or never.
    try? SocketOption.limitReceiving(owner.value, seconds: 1)
    for group in groups {
      try SocketOption.set(
        owner.value, Self.levelNetlink, Self.addMembership, to: CInt(bitPattern: group), "NETLINK_ADD_MEMBERSHIP")
    }
    // The first message gives the socket its port; without one it would hear nothing.
    try Self.send(Self.noOperation, to: owner.value)
    self.owner = owner
  }

  /// Sends one request to the kernel.
  func send(_ request: [UInt8]) throws(SystemError) { try Self.send(request, to: descriptor) }

  private static func send(_ request: [UInt8], to descriptor: CInt) throws(SystemError) {
    try Syscall.perform("send(AF_NETLINK)") {
      unsafe request.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
    }
  }

  /// Receives one datagram and hands it to `body`, unless it is not the kernel's.
  ///
  /// - Throws: `SystemError`: EAGAIN where nothing is there (blocking: for a second), ENOBUFS where datagrams were
  ///   lost, EMSGSIZE for one that is longer than the kernel makes them.
  func receive(_ body: (RawSpan) -> Void) throws(SystemError) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.datagramByteCount, alignment: 16)
    defer { unsafe memory.deallocate() }
    // struct sockaddr_nl: nl_family and padding, nl_pid, nl_groups.
    var sender: (UInt32, UInt32, UInt32) = (0, 0, 0)
    let received = try Syscall.perform("recvmsg(AF_NETLINK)") {
      unsafe Self.receive(descriptor, memory, &sender)
    }
    // Port 0 is the kernel.
    guard sender.1 == 0 else { return }
    // MSG_TRUNC: the datagram's own length.
    guard received <= memory.count else { throw SystemError(operation: "recvmsg(AF_NETLINK)", code: EMSGSIZE) }
    body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: memory[..<received])))
  }

  /// Bytes of the next datagram, -1 for none.
  private static func receive(
    _ descriptor: CInt, _ memory: UnsafeMutableRawBufferPointer, _ sender: inout (UInt32, UInt32, UInt32)
  ) -> Int {
    var part = unsafe iovec(iov_base: memory.baseAddress, iov_len: memory.count)
    return unsafe withUnsafeMutableBytes(of: &sender) { address in
      unsafe withUnsafeMutablePointer(to: &part) { part in
        var message = unsafe msghdr()
        unsafe message.msg_name = address.baseAddress
        unsafe message.msg_namelen = socklen_t(address.count)
        unsafe message.msg_iov = part
        unsafe message.msg_iovlen = 1
        return unsafe recvmsg(descriptor, &message, Int32(MSG_TRUNC))
      }
    }
  }
}
