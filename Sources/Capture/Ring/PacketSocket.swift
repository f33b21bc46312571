import CLinux
import Glibc
import System

/// Owner of an AF_PACKET socket with a TPACKET_V3 receive ring (Documentation/networking/packet_mmap).
@safe
struct PacketSocket: ~Copyable {
  /// How the ring is made.
  struct Geometry: Equatable {
    /// Bytes of a block, a power of two; a frame must fit into one.
    var blockByteCount: Int
    /// Number of blocks.
    var blockCount: Int
    /// tp_retire_blk_tov in milliseconds: a block that is not full is handed over after one to two of these.
    var retireMilliseconds: UInt32

    var byteCount: Int { blockByteCount * blockCount }
  }

  private let owner: OwnedDescriptor
  let base: UnsafeMutableRawPointer
  let geometry: Geometry
  /// Whether a `struct virtio_net_hdr` stands in front of each frame.
  let hasOffloadHeader: Bool

  var descriptor: CInt { owner.value }

  /// Opens a socket with a ring that is bound to nothing yet, so that no frame arrives before its filter.
  ///
  /// - Throws: `.notPermitted` without CAP_NET_RAW, `.unsupported` where the system has no such rings, `.failed` for
  ///   what may pass: no descriptor or memory to be had now.
  init(geometry wanted: Geometry, wantsOffloadHeader: Bool) throws(CaptureError) {
    let owner = try CaptureError.from(CaptureError.ring) { () throws(SystemError) in
      try OwnedDescriptor.socket(AF_PACKET, .raw, as: "socket(AF_PACKET)")
    }
    try Self.set(owner.value, PACKET_VERSION, Int32(TPACKET_V3.rawValue), "PACKET_VERSION")
    // Puts the IP header on a 16-byte boundary behind the 14 bytes of Ethernet and 10 of offload header.
    try Self.set(owner.value, PACKET_RESERVE, Int32(6), "PACKET_RESERVE")
    var offload = false
    if wantsOffloadHeader { offload = (try? Self.set(owner.value, PACKET_VNET_HDR, 1, "PACKET_VNET_HDR")) != nil }
    let geometry = try Self.allocateRing(owner.value, wanted)
    let mapped = unsafe mmap(nil, geometry.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, owner.value, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw CaptureError.ring(.last("mmap")) }
    self.owner = owner
    unsafe base = mapped
    self.geometry = geometry
    hasOffloadHeader = offload
  }

  deinit {
    unsafe munmap(base, geometry.byteCount)
  }

  /// Starts to receive frames of one interface, or of all (index 0). Can be called again for another one.
  func bind(interfaceIndex: Int32) throws(CaptureError) {
    try bind(interfaceIndex: interfaceIndex, etherType: UInt16(CLinux_ETH_P_ALL))
  }

  private func bind(interfaceIndex: Int32, etherType: UInt16) throws(CaptureError) {
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
  func addPromiscuous(interfaceIndex: Int32) throws(CaptureError) {
    var request = packet_mreq()
    request.mr_ifindex = interfaceIndex
    request.mr_type = UInt16(PACKET_MR_PROMISC)
    try CaptureError.from(CaptureError.system) { () throws(SystemError) in
      try SocketOption.set(
        descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, toBytesOf: request, "PACKET_ADD_MEMBERSHIP")
    }
  }

  /// Shares the traffic with the other sockets of group `id` by flow; both directions of a flow go to one socket.
  static func joinFanout(_ descriptor: CInt, id: UInt16, flags: UInt16) throws(CaptureError) {
    let value = UInt32(id) | (UInt32(PACKET_FANOUT_HASH) | UInt32(flags)) << 16
    try set(descriptor, PACKET_FANOUT, Int32(bitPattern: value), "PACKET_FANOUT")
  }

  /// The number of the fan-out group that the socket is in; nil if the kernel does not say.
  static func fanoutID(_ descriptor: CInt) -> UInt16? {
    SocketOption.get(descriptor, SOL_PACKET, PACKET_FANOUT).map { UInt16(truncatingIfNeeded: $0) }
  }

  /// Stops to receive frames where even a filter that takes none cannot be attached: what is asked for from now on is a
  /// protocol number that is never used (RFC 1701). A member of a fan-out group cannot be bound again.
  func bindToNothing() {
    try? bind(interfaceIndex: 0, etherType: 0xFFFF)
  }

  /// Frames that passed the filter since the last call (PACKET_STATISTICS resets on read): those put into the ring,
  /// and those dropped for want of space in it.
  func takeStatistics() -> (queued: UInt64, dropped: UInt64) {
    let found = SocketOption.get(descriptor, SOL_PACKET, PACKET_STATISTICS, into: tpacket_stats_v3())
    guard let statistics = found else { return (0, 0) }
    // The kernel counts dropped ones in both.
    return (UInt64(statistics.tp_packets &- statistics.tp_drops), UInt64(statistics.tp_drops))
  }

  /// The error the socket has met, cleared by reading it: ENETDOWN when the interface went down.
  func takeError() -> CInt { SocketOption.get(descriptor, SOL_SOCKET, SO_ERROR) ?? 0 }

  private static func set(_ descriptor: CInt, _ option: CInt, _ value: Int32, _ name: String) throws(CaptureError) {
    try CaptureError.from(CaptureError.ring) { () throws(SystemError) in
      try SocketOption.set(descriptor, SOL_PACKET, option, to: value, name)
    }
  }

  /// Asks for the ring, halving its number of blocks, then their size, while memory is short.
  private static func allocateRing(_ descriptor: CInt, _ wanted: Geometry) throws(CaptureError) -> Geometry {
    var geometry = wanted
    while true {
      var request = tpacket_req3()
      request.tp_block_size = UInt32(geometry.blockByteCount)
      request.tp_block_nr = UInt32(geometry.blockCount)
      // Version 3 packs frames into a block; the frame size only has to divide it.
      request.tp_frame_size = 2_048
      request.tp_frame_nr = UInt32(geometry.byteCount / 2_048)
      request.tp_retire_blk_tov = geometry.retireMilliseconds
      do throws(SystemError) {
        try SocketOption.set(descriptor, SOL_PACKET, PACKET_RX_RING, toBytesOf: request, "PACKET_RX_RING")
        return geometry
      } catch {
        guard error.code == ENOMEM else { throw .ring(error) }
      }
      if geometry.blockCount > 4 {
        geometry.blockCount /= 2
      } else if geometry.blockByteCount > 131_072 {
        geometry.blockByteCount /= 2
      } else {
        throw .failed(operation: "PACKET_RX_RING", reason: "no memory for the smallest ring")
      }
    }
  }
}

extension CaptureError {
  /// The failure of a call that the ring cannot do without: `.unsupported` if it will fail for as long as this system
  /// runs.
  fileprivate static func ring(_ error: SystemError) -> CaptureError {
    switch error.code {
    case ENOPROTOOPT, EINVAL, EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT, ESOCKTNOSUPPORT, ENOSYS, ENODEV:
      return .unsupported(operation: error.operation, reason: error.reason)
    default:
      return .system(error)
    }
  }
}
