import CLinux
import TestSupport
import Testing
import Wire

@testable import Capture

/// What a block's frames are taken to be.
@Suite struct RingBlockTests {
  @Test func framesOfABlock() throws {
    let frames = (1...5).map { ethernet(0x88CC, [UInt8](repeating: UInt8($0), count: $0 * 20)) }
    var records = frames.map { HandmadeBlock.Record(bytes: $0) }
    records[2].wireByteCount = 3_000
    try HandmadeBlock.withBlock(records) { memory in
      let owner = try HandmadeBlock.open(memory)
      var block = owner.frames
      #expect(block.remaining == 5)
      for (index, frame) in frames.enumerated() {
        let next = block.next()
        let entry = try #require(next)
        #expect(HandmadeBlock.bytes(entry.frame) == frame)
        #expect(entry.frame.wireByteCount == (index == 2 ? 3_000 : frame.count))
        #expect(entry.isEthernet && entry.interfaceIndex == 7 && entry.etherType == 0x0800)
        #expect(entry.frame.link == .ethernet)
        // Between the kernel's structures and the frame.
        #expect(entry.frame.headroom == HandmadeBlock.macOffset - 48 - MemoryLayout<sockaddr_ll>.size)
      }
      let end = block.next()
      #expect(end == nil)
    }
  }

  @Test func blocksOfTheKernel() throws {
    HandmadeBlock.withBlock([HandmadeBlock.Record(bytes: [1])], isReady: false) { memory in
      #expect(throws: HandmadeBlock.NotReady.self) { _ = try HandmadeBlock.open(memory) }
    }
    try HandmadeBlock.withBlock([]) { memory in
      let owner = try HandmadeBlock.open(memory)
      var block = owner.frames
      let frame = block.next()
      #expect(frame == nil)
      owner.giveBack()
      #expect(throws: HandmadeBlock.NotReady.self) { _ = try HandmadeBlock.open(memory) }
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
    var record = HandmadeBlock.Record(bytes: frame)
    record.status |= vlanStatus
    record.tag = 0x6123
    record.tagType = type
    record.offload = (1, 0, 0, 0, 34, 6)
    try HandmadeBlock.withBlock([record]) { memory in
      let owner = try HandmadeBlock.open(memory)
      var block = owner.frames
      let next = block.next()
      let entry = try #require(next)
      let tag = hex(inserted)
      #expect(HandmadeBlock.bytes(entry.frame) == frame.prefix(12) + tag + frame.dropFirst(12))
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
      var record = HandmadeBlock.Record(bytes: ethernet(ipv4(6, [])))
      record.offload = (flags, type, 54, 1_448, 34, 16)
      try HandmadeBlock.withBlock([record]) { memory in
        let owner = try HandmadeBlock.open(memory)
        var block = owner.frames
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
    var records = [
      HandmadeBlock.Record(bytes: ethernet(ipv4(6, []))), HandmadeBlock.Record(bytes: ethernet(ipv4(6, []))),
    ]
    records[1].status |= TP_STATUS_CSUMNOTREADY
    try HandmadeBlock.withBlock(records) { memory in
      let owner = try HandmadeBlock.open(memory, hasOffloadHeader: false)
      var block = owner.frames
      let states = [block.next(), block.next()].map { $0?.frame.offload.checksum }
      #expect(states == [.finished, .unknown])
    }
  }

  /// tun has no link header, and GRE one that is none of ours: the network packet is what counts.
  @Test(arguments: [(UInt16(65_534), 0), (778, 24)]) func rawLinks(type: UInt16, linkByteCount: Int) throws {
    let packet = ipv4(17, udpDatagram(.v4, [1, 2, 3]))
    var record = HandmadeBlock.Record(bytes: [UInt8](repeating: 0xEE, count: linkByteCount) + packet)
    record.hardwareType = type
    record.linkByteCount = linkByteCount
    record.offload = (1, 0, 0, 0, UInt16(linkByteCount + 20), 6)
    try HandmadeBlock.withBlock([record]) { memory in
      let owner = try HandmadeBlock.open(memory)
      var block = owner.frames
      let next = block.next()
      let entry = try #require(next)
      #expect(!entry.isEthernet)
      #expect(entry.frame.link == .rawIP)
      #expect(HandmadeBlock.bytes(entry.frame) == packet)
      #expect(entry.frame.wireByteCount == packet.count)
      #expect(entry.frame.offload.checksumStart == 20)
    }
  }

  @Test func timesAndDirections() throws {
    try HandmadeBlock.withBlock([HandmadeBlock.Record(bytes: [1, 2, 3])]) { memory in
      (memory + 48).storeBytes(of: 1_700_000_000, toByteOffset: 4, as: UInt32.self)
      (memory + 48).storeBytes(of: 123_456_789, toByteOffset: 8, as: UInt32.self)
      (memory + 48 + 48).storeBytes(of: 4, toByteOffset: 10, as: UInt8.self)  // sll_pkttype
      let owner = try HandmadeBlock.open(memory)
      var block = owner.frames
      let next = block.next()
      let entry = try #require(next)
      #expect(entry.frame.timestamp == 1_700_000_000_123_456_789)
      #expect(entry.packetType == 4)
    }
  }
}
