import CLinux
import Glibc
import TestSupport
import Testing

@testable import Capture

/// Blocks whose numbers lie: no access outside, and what is lost is counted.
@Suite struct RingBlockDistrustTests {
  /// A frame that the kernel could not describe in the offload header: its slot is counted, leads on, and holds what an
  /// earlier frame left there, here lengths of somebody's choice.
  @Test func slotsWithoutAFrame() throws {
    let frames = (1...3).map { ethernet(0x88CC, [UInt8](repeating: UInt8($0), count: 60)) }
    var records = [frames[0], frames[1], frames[1], frames[2], frames[2]].map { HandmadeBlock.Record(bytes: $0) }
    for ghost in [1, 2, 4] { records[ghost].status = ghost == 2 ? TP_STATUS_VLAN_VALID : 0 }
    // The kernel ends a block so, whatever its last slot holds.
    records[4].nextOffset = 0
    try HandmadeBlock.withBlock(records) { memory in
      for ghost in [1, 2, 4] {
        let start = memory + 48 + ghost * ((HandmadeBlock.macOffset + frames[0].count + 15) & ~15)
        start.storeBytes(of: 0xFFFF_FFFF, toByteOffset: 12, as: UInt32.self)  // tp_snaplen
        start.storeBytes(of: 0xFFFF, toByteOffset: 24, as: UInt16.self)  // tp_mac
      }
      let owner = try HandmadeBlock.open(memory)
      var block = owner.frames
      var found: [[UInt8]] = []
      while let entry = block.next() { found.append(HandmadeBlock.bytes(entry.frame)) }
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
    try HandmadeBlock.withBlock([
      HandmadeBlock.Record(bytes: frame), HandmadeBlock.Record(bytes: frame), HandmadeBlock.Record(bytes: frame),
    ]) { memory in
      let second = memory + 48 + ((HandmadeBlock.macOffset + frame.count + 15) & ~15)
      withUnsafeBytes(of: value.littleEndian) { source in
        (second + offset).copyMemory(from: source.baseAddress!, byteCount: byteCount)
      }
      let owner = try HandmadeBlock.open(memory)
      var block = owner.frames
      while let entry = block.next() { #expect(HandmadeBlock.bytes(entry.frame) == frame) }
      #expect(block.taken == taken)
      #expect(block.unreadable == lost)
    }
  }

  /// The block's own description may say anything as well.
  @Test(arguments: [
    (UInt32(3), UInt32(0)), (3, 47), (3, 49), (3, 8_190), (3, .max), (.max, 48), (.max, 4_096), (.max, .max),
  ])
  func descriptionsThatLie(count: UInt32, first: UInt32) throws {
    try HandmadeBlock.withBlock([HandmadeBlock.Record(bytes: [1])]) { memory in
      var description = memory.load(as: tpacket_block_desc.self)
      description.hdr.bh1.num_pkts = count
      description.hdr.bh1.offset_to_first_pkt = first
      memory.storeBytes(of: description, as: tpacket_block_desc.self)
      let owner = try HandmadeBlock.open(memory)
      var block = owner.frames
      while block.next() != nil {}
      #expect(block.taken + block.unreadable == block.frameCount)
      #expect(block.frameCount <= HandmadeBlock.byteCount / 68)
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
    for round in 0..<400 {
      for offset in stride(from: 0, to: size, by: 4) {
        let any = UInt32(truncatingIfNeeded: random.int(0...Int(UInt32.max)))
        let word = random.chance(3) ? any % 400 & ~7 : any
        memory.storeBytes(of: word, toByteOffset: offset, as: UInt32.self)
      }
      var description = memory.load(as: tpacket_block_desc.self)
      description.hdr.bh1.block_status = UInt32(TP_STATUS_USER)
      description.hdr.bh1.offset_to_first_pkt = 48
      memory.storeBytes(of: description, as: tpacket_block_desc.self)
      let owner = try HandmadeBlock.open(memory, byteCount: size, hasOffloadHeader: round % 2 == 0)
      var block = owner.frames
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
}
