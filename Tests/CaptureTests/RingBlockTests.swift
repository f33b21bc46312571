import CLinux
import TestSupport
import Testing
import Wire

@testable import Capture

/// Blocks made by hand as the kernel fills them (Documentation/networking/packet_mmap).
@Suite struct RingBlockTests {
  /// A frame as the kernel would write it.
  private struct Record {
    var bytes: [UInt8]
    var wireByteCount: Int?
    var status: CInt = 0
    var tag: UInt16 = 0
    var tagType: UInt16 = 0
    var hardwareType: UInt16 = 1
    /// Bytes in front of the network packet.
    var linkByteCount = 14
    /// flags, gso_type, hdr_len, gso_size, csum_start, csum_offset.
    var offload: (UInt8, UInt8, UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0, 0, 0)
  }

  private static let macOffset = 98
  private static let blockByteCount = 8_192

  /// Calls `body` with a block of these frames.
  private func withBlock(_ records: [Record], isReady: Bool = true, _ body: (UnsafeMutableRawPointer) throws -> Void)
    rethrows
  {
    let block = UnsafeMutableRawPointer.allocate(byteCount: Self.blockByteCount, alignment: 4_096)
    defer { block.deallocate() }
    block.initializeMemory(as: UInt8.self, repeating: 0xA5, count: Self.blockByteCount)
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
      header.tp_next_offset = UInt32(size)
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

  private func bytes(_ frame: CapturedFrame) -> [UInt8] { frame.bytes.withUnsafeBytes { Array($0) } }

  @Test func framesOfABlock() throws {
    let frames = (1...5).map { ethernet(0x88CC, [UInt8](repeating: UInt8($0), count: $0 * 20)) }
    var records = frames.map { Record(bytes: $0) }
    records[2].wireByteCount = 3_000
    try withBlock(records) { memory in
      var block = try #require(RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true))
      #expect(block.remaining == 5)
      for (index, frame) in frames.enumerated() {
        let next = block.next()
        let entry = try #require(next)
        #expect(bytes(entry.frame) == frame)
        #expect(entry.frame.wireByteCount == (index == 2 ? 3_000 : frame.count))
        #expect(entry.isEthernet && entry.interfaceIndex == 7 && entry.etherType == 0x0800)
        #expect(entry.frame.link == .ethernet)
        // Between the kernel's structures and the frame.
        #expect(entry.frame.headroom == Self.macOffset - 48 - MemoryLayout<sockaddr_ll>.size)
      }
      let end = block.next()
      #expect(end == nil)
    }
  }

  @Test func blocksOfTheKernel() throws {
    withBlock([Record(bytes: [1])], isReady: false) { memory in
      let block = RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true)
      #expect(block == nil)
    }
    try withBlock([]) { memory in
      var block = try #require(RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true))
      let frame = block.next()
      #expect(frame == nil)
      RingBlock.release(memory)
      let released = RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true)
      #expect(released == nil)
    }
  }

  /// The tag comes back in front of the EtherType, with its own type where the kernel knows it.
  @Test(arguments: [
    (TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID, UInt16(0x88A8), "88A8 6123"),
    (TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID, 0x8100, "8100 6123"), (TP_STATUS_VLAN_VALID, 0, "8100 6123"),
    (0, 0x8100, ""),
  ])
  func tags(status: CInt, type: UInt16, inserted: String) throws {
    let frame = ethernet(ipv4(17, udpDatagram(.v4, [1, 2, 3])))
    var record = Record(bytes: frame)
    record.status = status
    record.tag = 0x6123
    record.tagType = type
    record.offload = (1, 0, 0, 0, 34, 6)
    try withBlock([record]) { memory in
      var block = try #require(RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true))
      let next = block.next()
      let entry = try #require(next)
      let tag = hex(inserted)
      #expect(bytes(entry.frame) == frame.prefix(12) + tag + frame.dropFirst(12))
      #expect(entry.frame.wireByteCount == frame.count + tag.count)
      // The checksum's place is counted from the start of the frame, which is now longer.
      #expect(Int(entry.frame.offload.checksumStart) == 34 + tag.count)
    }
  }

  /// VIRTIO_NET_HDR_GSO_NONE, TCPV4, UDP, TCPV6, UDP_L4, and TCPV4 with ECN.
  @Test(arguments: [
    (UInt8(0), OffloadMetadata.Kind.none), (1, .tcp), (3, .none), (4, .tcp), (5, .udp), (0x81, .tcp), (0x84, .tcp),
  ])
  func offloadHeader(type: UInt8, kind: OffloadMetadata.Kind) throws {
    for flags: UInt8 in [0, 1, 2] {
      var record = Record(bytes: ethernet(ipv4(6, [])))
      record.offload = (flags, type, 54, 1_448, 34, 16)
      try withBlock([record]) { memory in
        var block = try #require(RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true))
        let next = block.next()
        let offload = try #require(next).frame.offload
        #expect(offload.kind == kind)
        #expect(offload.segmentSize == (kind == .none ? 0 : 1_448))
        #expect(offload.checksum == (flags == 1 ? .open : .finished))
        #expect(offload.checksumStart == 34 && offload.checksumOffset == 16)
      }
    }
  }

  /// Without the header the kernel says only that some checksum is open.
  @Test func withoutAnOffloadHeader() throws {
    var records = [Record(bytes: ethernet(ipv4(6, []))), Record(bytes: ethernet(ipv4(6, [])))]
    records[1].status = TP_STATUS_CSUMNOTREADY
    try withBlock(records) { memory in
      var block = try #require(RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: false))
      let states = [block.next(), block.next()].map { $0?.frame.offload.checksum }
      #expect(states == [.finished, .unknown])
    }
  }

  /// tun has no link header, and GRE one that is none of ours: the network packet is what counts.
  @Test(arguments: [(UInt16(65_534), 0), (778, 24)]) func rawLinks(type: UInt16, linkByteCount: Int) throws {
    let packet = ipv4(17, udpDatagram(.v4, [1, 2, 3]))
    var record = Record(bytes: [UInt8](repeating: 0xEE, count: linkByteCount) + packet)
    record.hardwareType = type
    record.linkByteCount = linkByteCount
    record.offload = (1, 0, 0, 0, UInt16(linkByteCount + 20), 6)
    try withBlock([record]) { memory in
      var block = try #require(RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true))
      let next = block.next()
      let entry = try #require(next)
      #expect(!entry.isEthernet)
      #expect(entry.frame.link == .rawIP)
      #expect(bytes(entry.frame) == packet)
      #expect(entry.frame.wireByteCount == packet.count)
      #expect(entry.frame.offload.checksumStart == 20)
    }
  }
}
