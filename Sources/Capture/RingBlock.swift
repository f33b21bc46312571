import CLinux
import Glibc
import Wire

/// One block of a TPACKET_V3 ring that the kernel has handed over: a chain of frames, each behind a `struct
/// tpacket3_hdr`.
@safe
struct RingBlock {
  private let base: UnsafeMutableRawPointer
  private let byteCount: Int
  /// Frames in the block.
  let frameCount: Int
  /// Frames not taken yet.
  private(set) var remaining: Int
  private var offset: Int
  private let hasOffloadHeader: Bool

  /// Where the kernel puts `struct sockaddr_ll`: behind the frame header, aligned to 16.
  private static let addressOffset = (MemoryLayout<tpacket3_hdr>.size + 15) & ~15
  private static let addressEnd = addressOffset + MemoryLayout<sockaddr_ll>.size
  private static let offloadHeaderByteCount = 10  // struct virtio_net_hdr

  /// The block at `base` if the kernel has handed it over, else nil.
  ///
  /// - Safety: `base` is a block of a mapped ring, which must not be released while the value is in use.
  @unsafe init?(_ base: UnsafeMutableRawPointer, byteCount: Int, hasOffloadHeader: Bool) {
    let header = unsafe base.assumingMemoryBound(to: tpacket_block_desc.self)
    let status = unsafe CLinux_load_acquire(base + Self.statusOffset)
    guard status & UInt32(TP_STATUS_USER) != 0 else { return nil }
    unsafe self.base = base
    self.byteCount = byteCount
    frameCount = unsafe Int(header.pointee.hdr.bh1.num_pkts)
    remaining = frameCount
    offset = unsafe Int(header.pointee.hdr.bh1.offset_to_first_pkt)
    self.hasOffloadHeader = hasOffloadHeader
  }

  /// Offset of the block status word: behind version and offset_to_priv.
  static let statusOffset = 8

  /// Gives the block back to the kernel; no frame of it may be used any more.
  ///
  /// - Safety: as for `init`, and once per block.
  @unsafe static func release(_ base: UnsafeMutableRawPointer) {
    unsafe CLinux_store_release(base + statusOffset, UInt32(TP_STATUS_KERNEL))
  }

  /// What the ring knows of a frame besides its bytes.
  struct Entry {
    var frame: CapturedFrame
    /// Whether the frame has an Ethernet header.
    var isEthernet: Bool
    /// EtherType the kernel gives it, host order.
    var etherType: UInt16
    /// Interface it was seen on.
    var interfaceIndex: Int32
    /// Whether this host sent it.
    var isOutgoing: Bool
  }

  /// The next frame, with its VLAN tag put back; nil at the end of the block.
  mutating func next() -> Entry? {
    guard remaining > 0, offset >= 0, offset + Self.addressEnd <= byteCount else { return nil }
    let start = unsafe base + offset
    let header = unsafe start.assumingMemoryBound(to: tpacket3_hdr.self).pointee
    let address = unsafe (start + Self.addressOffset).assumingMemoryBound(to: sockaddr_ll.self).pointee
    remaining -= 1
    offset += Int(header.tp_next_offset)

    let type = address.sll_hatype
    let isEthernet = type == NetworkInterface.ethernetType || type == NetworkInterface.loopbackType
    let captured = Int(header.tp_snaplen)
    var frame = unsafe CapturedFrame(
      start: start + Int(header.tp_mac), byteCount: captured, wireByteCount: max(captured, Int(header.tp_len)),
      headroom: Int(header.tp_mac) - Self.addressEnd, link: .ethernet, interfaceAddress: 0,
      offload: offload(header, start))
    if isEthernet {
      restoreTag(header, &frame)
    } else {
      // Whatever precedes the network packet is nothing Ethernet could carry.
      let skipped = min(max(0, Int(header.tp_net) - Int(header.tp_mac)), captured)
      unsafe frame.start += skipped
      frame.byteCount -= skipped
      frame.wireByteCount -= skipped
      frame.headroom += skipped
      frame.link = .rawIP
      frame.offload.checksumStart &-= UInt16(truncatingIfNeeded: skipped)
    }
    return Entry(
      frame: frame, isEthernet: isEthernet, etherType: UInt16(bigEndian: address.sll_protocol),
      interfaceIndex: address.sll_ifindex, isOutgoing: address.sll_pkttype == UInt8(PACKET_OUTGOING))
  }

  private func offload(_ header: tpacket3_hdr, _ start: UnsafeMutableRawPointer) -> OffloadMetadata {
    var metadata = OffloadMetadata.unknown
    guard hasOffloadHeader else {
      // Which field is open is not said, but that one is.
      if header.tp_status & UInt32(TP_STATUS_CSUMNOTREADY) == 0 { metadata.checksum = .finished }
      return metadata
    }
    // struct virtio_net_hdr, host byte order: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset.
    let at = unsafe start + Int(header.tp_mac) - Self.offloadHeaderByteCount
    let flags = unsafe at.load(as: UInt8.self)
    let kind = unsafe at.load(fromByteOffset: 1, as: UInt8.self) & 0x7F
    metadata.checksum = flags & 1 != 0 ? .open : .finished  // VIRTIO_NET_HDR_F_NEEDS_CSUM
    metadata.checksumStart = unsafe at.loadUnaligned(fromByteOffset: 6, as: UInt16.self)
    metadata.checksumOffset = unsafe at.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
    switch kind {
    case 1, 4: metadata.kind = .tcp  // VIRTIO_NET_HDR_GSO_TCPV4, _TCPV6
    // Not VIRTIO_NET_HDR_GSO_UDP (3): that is one datagram, to be cut into IP fragments.
    case 5: metadata.kind = .udp  // VIRTIO_NET_HDR_GSO_UDP_L4
    default: return metadata
    }
    metadata.segmentSize = unsafe at.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
    return metadata
  }

  /// The kernel strips the outermost tag into the frame's metadata: moves the two addresses four bytes down and puts
  /// it back.
  private func restoreTag(_ header: tpacket3_hdr, _ frame: inout CapturedFrame) {
    guard header.tp_status & UInt32(TP_STATUS_VLAN_VALID) != 0, frame.byteCount >= 12, frame.headroom >= 4 else {
      return
    }
    let known = header.tp_status & UInt32(TP_STATUS_VLAN_TPID_VALID) != 0
    let identifier = known ? header.hv1.tp_vlan_tpid : EtherType.vlan
    unsafe frame.start -= 4
    unsafe memmove(frame.start, frame.start + 4, 12)
    unsafe frame.start.storeBytes(of: identifier.bigEndian, toByteOffset: 12, as: UInt16.self)
    unsafe frame.start.storeBytes(
      of: UInt16(truncatingIfNeeded: header.hv1.tp_vlan_tci).bigEndian, toByteOffset: 14, as: UInt16.self)
    frame.headroom -= 4
    frame.byteCount += 4
    frame.wireByteCount += 4
    frame.offload.checksumStart &+= 4
  }
}
