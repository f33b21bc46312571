import CLinux
import Glibc
import System

/// What is asked of packet sockets while they are open, one by one or several at once.
extension PacketSocket {
  /// Starts to receive frames of one interface, or of all (index 0). Can be called again for another one, but for a
  /// member of a fan-out group.
  static func bind(_ descriptor: CInt, interfaceIndex: Int32) throws(CaptureError) {
    try bind(descriptor, interfaceIndex: interfaceIndex, etherType: UInt16(CLinux_ETH_P_ALL))
  }

  private static func bind(_ descriptor: CInt, interfaceIndex: Int32, etherType: UInt16) throws(CaptureError) {
    var address = sockaddr_ll()
    address.sll_family = UInt16(AF_PACKET)
    address.sll_protocol = etherType.bigEndian
    address.sll_ifindex = interfaceIndex
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe Glibc.bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_ll>.size))
      }
    }
    guard result == 0 else { throw .system(.last("bind")) }
  }

  /// Makes the interface receive frames for other stations too, for as long as the socket is open.
  static func addPromiscuous(_ descriptor: CInt, interfaceIndex: Int32) throws(CaptureError) {
    var request = packet_mreq()
    request.mr_ifindex = interfaceIndex
    request.mr_type = UInt16(PACKET_MR_PROMISC)
    try CaptureError.from(CaptureError.system) { () throws(SystemError) in
      try SocketOption.set(
        descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, toBytesOf: request, "PACKET_ADD_MEMBERSHIP")
    }
  }

  /// Makes the socket, which is bound to an interface that is up, a member of group `id`.
  static func joinFanout(_ descriptor: CInt, id: UInt16, type: Int32, flags: UInt16) throws(CaptureError) {
    let value = UInt32(id) | (UInt32(type) | UInt32(flags)) << 16
    try set(descriptor, PACKET_FANOUT, Int32(bitPattern: value), "PACKET_FANOUT")
  }

  /// The number of the fan-out group that the socket is in; nil if the kernel does not say.
  static func fanoutID(_ descriptor: CInt) -> UInt16? {
    SocketOption.get(descriptor, SOL_PACKET, PACKET_FANOUT).map { UInt16(truncatingIfNeeded: $0) }
  }

  /// Stops to receive frames where even a filter that takes none cannot be attached: what is asked for from now on is a
  /// protocol number that is never used (RFC 1701). A member of a fan-out group cannot be bound again.
  static func bindToNothing(_ descriptor: CInt) {
    try? bind(descriptor, interfaceIndex: 0, etherType: 0xFFFF)
  }

  /// Frames that passed the filter since the last call (PACKET_STATISTICS resets on read): those put into the ring,
  /// and those dropped for want of space in it.
  static func takeStatistics(_ descriptor: CInt) -> (queued: UInt64, dropped: UInt64) {
    let found = SocketOption.get(descriptor, SOL_PACKET, PACKET_STATISTICS, into: tpacket_stats_v3())
    guard let statistics = found else { return (0, 0) }
    // The kernel counts dropped ones in both.
    return (UInt64(statistics.tp_packets &- statistics.tp_drops), UInt64(statistics.tp_drops))
  }

  /// The error the socket has met, cleared by reading it: ENETDOWN when the interface went down.
  static func takeError(_ descriptor: CInt) -> CInt { SocketOption.get(descriptor, SOL_SOCKET, SO_ERROR) ?? 0 }
}
