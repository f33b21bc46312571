import CLinux
import Glibc
import Wire

/// The frames of a block: a chain, each behind a `struct tpacket3_hdr`. A value beside the block that owns them, so that
/// the compiler keeps it in registers: as part of the owner it cost 5 % of a small frame's time.
///
/// What the kernel writes there is not believed: when it cannot describe a frame in the offload header it has counted
/// the frame in and dropped it, and the slot holds what an earlier frame left, payload that anyone may have sent. No
/// read or write that follows from such bytes leaves the block.
@safe
struct BlockFrames {
  private let base: UnsafeMutableRawPointer
  private let byteCount: Int
  /// Slots in the block, those without a frame included.
  let frameCount: Int
  /// Slots not looked at yet.
  private(set) var remaining: Int
  /// Frames that `next` has returned.
  private(set) var taken = 0
  /// Slots behind a place from which the chain makes no sense, that one included: frames that are lost, which the kernel
  /// counts as received.
  private(set) var unreadable = 0
  private var offset: Int
  private let hasOffloadHeader: Bool

  private static let descriptionByteCount = MemoryLayout<tpacket_block_desc>.size
  /// V3_ALIGNMENT of slots (net/packet/af_packet.c).
  private static let slotAlignment = 8
  /// Where the kernel puts `struct sockaddr_ll`: behind the frame header, aligned to 16.
  private static let addressOffset = (MemoryLayout<tpacket3_hdr>.size + 15) & ~15
  private static let addressEnd = addressOffset + MemoryLayout<sockaddr_ll>.size
  /// Bytes of a slot up to which slots ahead are asked for: behind that a frame's own bytes take longer than a miss.
  private static let largestFetched = 2048
  /// Slots ahead, if they are of this one's size, and lines of each: the frame's description and its headers. The kernel
  /// wrote them on another core, so that each first look at one waits for the other's cache.
  private static let slotsAhead = 4
  private static let fetchedLines = 3
  private static let offloadHeaderByteCount = 10  // struct virtio_net_hdr

  /// - Safety: as for the block, of which at least the description is there.
  @unsafe init(_ base: UnsafeMutableRawPointer, byteCount: Int, hasOffloadHeader: Bool) {
    let header = unsafe base.assumingMemoryBound(to: tpacket_block_desc.self)
    unsafe self.base = base
    self.byteCount = byteCount
    // More than fit cannot be.
    frameCount = unsafe min(Int(header.pointee.hdr.bh1.num_pkts), byteCount / Self.addressEnd)
    remaining = frameCount
    offset = unsafe Int(header.pointee.hdr.bh1.offset_to_first_pkt)
    self.hasOffloadHeader = hasOffloadHeader
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
    /// PACKET_HOST, _OUTGOING and so on (sll_pkttype, linux/if_packet.h).
    var packetType: UInt8
  }

  /// The next frame, with its VLAN tag put back; nil at the end of the block. Slots without a frame are passed over: the
  /// kernel counts what was to be there as dropped.
  mutating func next() -> Entry? {
    while remaining > 0 {
      guard let slot = nextSlot() else {
        unreadable += remaining
        remaining = 0
        return nil
      }
      remaining -= 1
      offset += slot.byteCount
      // Set last, by the kernel, once all else is (tpacket_rcv in net/packet/af_packet.c).
      guard slot.header.tp_status & UInt32(TP_STATUS_USER) != 0 else { continue }
      guard let entry = entry(slot) else {
        unreadable += 1
        continue
      }
      taken += 1
      return entry
    }
    return nil
  }

  /// A frame's place in the block, header and all.
  @safe
  private struct Slot {
    let start: UnsafeMutableRawPointer
    let header: tpacket3_hdr
    /// Up to the next slot, or the end of the block.
    let byteCount: Int
  }

  /// The slot at `offset`; nil where there can be none. The kernel writes `tp_next_offset` when it opens a slot, before
  /// it knows whether the frame can be described, so it leads past a slot without a frame as well; in the last one it
  /// is 0 (prb_fill_curr_block, prb_close_block).
  private func nextSlot() -> Slot? {
    guard offset >= Self.descriptionByteCount, offset % Self.slotAlignment == 0,
      byteCount - offset >= Self.addressEnd
    else { return nil }
    let start = unsafe base + offset
    let header = unsafe start.assumingMemoryBound(to: tpacket3_hdr.self).pointee
    let step = Int(header.tp_next_offset)
    if step == 0, remaining == 1 { return unsafe Slot(start: start, header: header, byteCount: byteCount - offset) }
    guard step >= Self.addressEnd, step % Self.slotAlignment == 0, step <= byteCount - offset else { return nil }
    fetch(offset + Self.slotsAhead * step, step)
    return unsafe Slot(start: start, header: header, byteCount: step)
  }

  @inline(__always) private func fetch(_ ahead: Int, _ step: Int) {
    guard step <= Self.largestFetched, ahead <= byteCount - 64 * Self.fetchedLines else { return }
    for line in 0..<Self.fetchedLines { unsafe CLinux_prefetch(base + ahead + 64 * line) }
  }

  /// What is in a slot; nil if its lengths lead out of it.
  private func entry(_ slot: Slot) -> Entry? {
    let (start, header) = unsafe (slot.start, slot.header)
    let address = unsafe (start + Self.addressOffset).assumingMemoryBound(to: sockaddr_ll.self).pointee
    let captured = Int(header.tp_snaplen)
    let headroom = Int(header.tp_mac) - Self.addressEnd
    guard headroom >= (hasOffloadHeader ? Self.offloadHeaderByteCount : 0),
      Int(header.tp_mac) + captured <= slot.byteCount
    else { return nil }

    let type = address.sll_hatype
    let isEthernet = type == NetworkInterface.ethernetType || type == NetworkInterface.loopbackType
    var frame = unsafe CapturedFrame(
      start: start + Int(header.tp_mac), byteCount: captured, wireByteCount: max(captured, Int(header.tp_len)),
      headroom: headroom, link: .ethernet, interfaceAddress: 0, offload: offload(header, start),
      timestamp: Int64(header.tp_sec) * 1_000_000_000 + Int64(header.tp_nsec))
    if isEthernet {
      if header.tp_status & UInt32(TP_STATUS_VLAN_VALID) != 0 { restoreTag(header, &frame) }
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
      interfaceIndex: address.sll_ifindex, packetType: address.sll_pkttype)
  }

  @inline(__always) private func offload(_ header: tpacket3_hdr, _ start: UnsafeMutableRawPointer) -> OffloadMetadata {
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
    guard frame.byteCount >= 12, frame.headroom >= 4 else { return }
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
