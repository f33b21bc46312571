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
  private let base: UnsafeMutableRawPointer
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

  /// The ring's blocks.
  ///
  /// - Safety: they must not be used when this value is gone, and only one value may be there.
  @unsafe func blocks() -> BlockRing {
    unsafe BlockRing(
      base, blockByteCount: geometry.blockByteCount, blockCount: geometry.blockCount,
      hasOffloadHeader: hasOffloadHeader)
  }

  deinit {
    unsafe munmap(base, geometry.byteCount)
  }

  static func set(_ descriptor: CInt, _ option: CInt, _ value: Int32, _ name: String) throws(CaptureError) {
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
  static func ring(_ error: SystemError) -> CaptureError {
    switch error.code {
    case ENOPROTOOPT, EINVAL, EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT, ESOCKTNOSUPPORT, ENOSYS, ENODEV:
      return .unsupported(operation: error.operation, reason: error.reason)
    default:
      return .system(error)
    }
  }
}
