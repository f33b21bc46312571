import CLinux
import Wire

@testable import Capture

/// Blocks made by hand as the kernel fills them (Documentation/networking/packet_mmap).
enum HandmadeBlock {
  /// A frame as the kernel would write it.
  struct Record {
    var bytes: [UInt8]
    var wireByteCount: Int?
    var status: CInt = TP_STATUS_USER
    var tag: UInt16 = 0
    var tagType: UInt16 = 0
    var hardwareType: UInt16 = 1
    /// Bytes in front of the network packet.
    var linkByteCount = 14
    /// Bytes to the next slot, where it is not the right number.
    var nextOffset: UInt32?
    /// flags, gso_type, hdr_len, gso_size, csum_start, csum_offset.
    var offload: (UInt8, UInt8, UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0, 0, 0)
  }

  static let macOffset = 98
  static let byteCount = 8_192

  /// Calls `body` with a block of these frames.
  static func withBlock(_ records: [Record], isReady: Bool = true, _ body: (UnsafeMutableRawPointer) throws -> Void)
    rethrows
  {
    let block = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 4_096)
    defer { block.deallocate() }
    block.initializeMemory(as: UInt8.self, repeating: 0xA5, count: Self.byteCount)
    var description = tpacket_block_desc()
    description.hdr.bh1.block_status = isReady ? UInt32(TP_STATUS_USER) : 0
    description.hdr.bh1.num_pkts = UInt32(records.count)
    description.hdr.bh1.offset_to_first_pkt = 48
    block.storeBytes(of: description, as: tpacket_block_desc.self)
    var offset = 48
    for record in records {
      let start = block + offset
      let size = (Self.macOffset + record.bytes.count + 15) & ~15
      var header = tpacket3_hdr()
      header.tp_next_offset = record.nextOffset ?? UInt32(size)
      header.tp_snaplen = UInt32(record.bytes.count)
      header.tp_len = UInt32(record.wireByteCount ?? record.bytes.count)
      header.tp_status = UInt32(record.status)
      header.tp_mac = UInt16(Self.macOffset)
      header.tp_net = UInt16(Self.macOffset + record.linkByteCount)
      header.hv1.tp_vlan_tci = UInt32(record.tag)
      header.hv1.tp_vlan_tpid = record.tagType
      start.storeBytes(of: header, as: tpacket3_hdr.self)
      var address = sockaddr_ll()
      address.sll_hatype = record.hardwareType
      address.sll_ifindex = 7
      address.sll_protocol = UInt16(0x0800).bigEndian
      (start + 48).storeBytes(of: address, as: sockaddr_ll.self)
      let offload = start + Self.macOffset - 10
      offload.storeBytes(of: record.offload.0, as: UInt8.self)
      offload.storeBytes(of: record.offload.1, toByteOffset: 1, as: UInt8.self)
      offload.storeBytes(of: record.offload.2, toByteOffset: 2, as: UInt16.self)
      offload.storeBytes(of: record.offload.3, toByteOffset: 4, as: UInt16.self)
      offload.storeBytes(of: record.offload.4, toByteOffset: 6, as: UInt16.self)
      offload.storeBytes(of: record.offload.5, toByteOffset: 8, as: UInt16.self)
      (start + Self.macOffset).copyMemory(from: record.bytes, byteCount: record.bytes.count)
      offset += size
    }
    try body(block)
  }

  static func bytes(_ frame: CapturedFrame) -> [UInt8] { frame.bytes.withUnsafeBytes { Array($0) } }
}

extension HandmadeBlock {
  /// No block was handed over.
  struct NotReady: Error {}

  /// The block at `memory`; like what the kernel hands over, it goes back when the value ends.
  static func open(
    _ memory: UnsafeMutableRawPointer, byteCount: Int = byteCount, hasOffloadHeader: Bool = true
  ) throws -> RingBlock {
    guard let block = RingBlock(memory, byteCount: byteCount, hasOffloadHeader: hasOffloadHeader) else {
      throw NotReady()
    }
    return block
  }
}
