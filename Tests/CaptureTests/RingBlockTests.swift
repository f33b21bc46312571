import CLinux
import Glibc
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
  func tags(vlanStatus: CInt, type: UInt16, inserted: String) throws {
    let frame = ethernet(ipv4(17, udpDatagram(.v4, [1, 2, 3])))
    var record = Record(bytes: frame)
    record.status |= vlanStatus
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
    records[1].status |= TP_STATUS_CSUMNOTREADY
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

  /// A frame that the kernel could not describe in the offload header: its slot is counted, leads on, and holds what an
  /// earlier frame left there, here lengths of somebody's choice.
  @Test func slotsWithoutAFrame() throws {
    let frames = (1...3).map { ethernet(0x88CC, [UInt8](repeating: UInt8($0), count: 60)) }
    var records = [frames[0], frames[1], frames[1], frames[2], frames[2]].map { Record(bytes: $0) }
    for ghost in [1, 2, 4] { records[ghost].status = ghost == 2 ? TP_STATUS_VLAN_VALID : 0 }
    // The kernel ends a block so, whatever its last slot holds.
    records[4].nextOffset = 0
    try withBlock(records) { memory in
      for ghost in [1, 2, 4] {
        let start = memory + 48 + ghost * ((Self.macOffset + frames[0].count + 15) & ~15)
        start.storeBytes(of: 0xFFFF_FFFF, toByteOffset: 12, as: UInt32.self)  // tp_snaplen
        start.storeBytes(of: 0xFFFF, toByteOffset: 24, as: UInt16.self)  // tp_mac
      }
      var block = try #require(RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true))
      var found: [[UInt8]] = []
      while let entry = block.next() { found.append(bytes(entry.frame)) }
      #expect(found == [frames[0], frames[2]])
      #expect(block.taken == 2)
      #expect(block.unreadable == 0, "the kernel counts them as dropped")
    }
  }

  /// Lengths that lead out of the block, or out of the frame's slot, are not followed, and what is lost is counted.
  @Test(arguments: [
    // (byte of the second frame's header, its value, bytes of that value, frames taken, frames lost)
    (12, UInt32.max, 4, 2, 1),  // tp_snaplen
    (12, 200, 4, 2, 1),
    (24, 0xFFFF, 2, 2, 1), (24, 0, 2, 2, 1), (24, 77, 2, 2, 1),  // tp_mac: 78 leaves room for the offload header
    (0, 0, 4, 1, 2), (0, 8, 4, 1, 2), (0, 164, 4, 1, 2), (0, 0xFFFF_FFF8, 4, 1, 2),  // tp_next_offset
    (26, 0xFFFF, 2, 3, 0),  // tp_net: of no meaning for Ethernet
  ])
  func lengthsThatLie(offset: Int, value: UInt32, byteCount: Int, taken: Int, lost: Int) throws {
    let frame = ethernet(0x88CC, [UInt8](repeating: 7, count: 60))
    try withBlock([Record(bytes: frame), Record(bytes: frame), Record(bytes: frame)]) { memory in
      let second = memory + 48 + ((Self.macOffset + frame.count + 15) & ~15)
      withUnsafeBytes(of: value.littleEndian) { source in
        (second + offset).copyMemory(from: source.baseAddress!, byteCount: byteCount)
      }
      var block = try #require(RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true))
      while let entry = block.next() { #expect(bytes(entry.frame) == frame) }
      #expect(block.taken == taken)
      #expect(block.unreadable == lost)
    }
  }

  /// The block's own description may say anything as well.
  @Test(arguments: [
    (UInt32(3), UInt32(0)), (3, 47), (3, 49), (3, 8_190), (3, .max), (.max, 48), (.max, 4_096), (.max, .max),
  ])
  func descriptionsThatLie(count: UInt32, first: UInt32) throws {
    try withBlock([Record(bytes: [1])]) { memory in
      var description = memory.load(as: tpacket_block_desc.self)
      description.hdr.bh1.num_pkts = count
      description.hdr.bh1.offset_to_first_pkt = first
      memory.storeBytes(of: description, as: tpacket_block_desc.self)
      var block = try #require(RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true))
      while block.next() != nil {}
      #expect(block.taken + block.unreadable == block.frameCount)
      #expect(block.frameCount <= Self.blockByteCount / 68)
    }
  }

  /// Random bytes in a block that ends at a page without access: whatever they say, nothing outside is touched.
  @Test func anyBytes() throws {
    var random = SeededGenerator(seed: 910)
    let size = 2 * 4_096
    let memory = try #require(mmap(nil, size + 4_096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    defer { munmap(memory, size + 4_096) }
    #expect(mprotect(memory + size, 4_096, PROT_NONE) == 0)
    var frames = 0
    for round in 0..<3_000 {
      for offset in stride(from: 0, to: size, by: 4) {
        let any = UInt32(truncatingIfNeeded: random.int(0...Int(UInt32.max)))
        let word = random.chance(3) ? any % 400 & ~7 : any
        memory.storeBytes(of: word, toByteOffset: offset, as: UInt32.self)
      }
      var description = memory.load(as: tpacket_block_desc.self)
      description.hdr.bh1.block_status = UInt32(TP_STATUS_USER)
      description.hdr.bh1.offset_to_first_pkt = 48
      memory.storeBytes(of: description, as: tpacket_block_desc.self)
      var block = try #require(RingBlock(memory, byteCount: size, hasOffloadHeader: round % 2 == 0))
      while let entry = block.next() {
        frames += 1
        let start = UInt(bitPattern: entry.frame.start)
        #expect(start - UInt(entry.frame.headroom) >= UInt(bitPattern: memory))
        #expect(start + UInt(entry.frame.byteCount) <= UInt(bitPattern: memory + size))
      }
      #expect(block.taken + block.unreadable <= block.frameCount)
    }
    #expect(frames > 0)
  }

  @Test func timesAndDirections() throws {
    try withBlock([Record(bytes: [1, 2, 3])]) { memory in
      (memory + 48).storeBytes(of: 1_700_000_000, toByteOffset: 4, as: UInt32.self)
      (memory + 48).storeBytes(of: 123_456_789, toByteOffset: 8, as: UInt32.self)
      (memory + 48 + 48).storeBytes(of: 4, toByteOffset: 10, as: UInt8.self)  // sll_pkttype
      var block = try #require(RingBlock(memory, byteCount: Self.blockByteCount, hasOffloadHeader: true))
      let next = block.next()
      let entry = try #require(next)
      #expect(entry.frame.timestamp == 1_700_000_000_123_456_789)
      #expect(entry.packetType == 4)
    }
  }
}
