import TestSupport
import Testing
import Wire

@Suite struct VXLANHeaderTests {
  @Test(arguments: [
    (UInt32(0), "08000000 00000000"), (1, "08000000 00000100"), (0x12_3456, "08000000 12345600"),
    (0xFF_FFFF, "08000000 FFFFFF00"),
    // Bits above the 24 would otherwise reach the reserved ones.
    (0xFF00_0001, "08000000 00000100"),
  ])
  func bytesOnTheWire(vni: UInt32, bytes: String) {
    let wire = emitted(8) { out, offset in
      out.storeBytes(of: VXLANHeader(vni: vni).wireBytes, toByteOffset: offset, as: UInt64.self)
    }
    #expect(wire == hex(bytes))
  }

  @Test func roundTrip() throws {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<1_000 {
      let header = VXLANHeader(vni: UInt32(random.int(0...0xFF_FFFF)))
      let bytes = withUnsafeBytes(of: header.wireBytes) { Array($0) }
      try #require(try VXLANHeader.parse(bytes.span.bytes) == header)
    }
  }

  @Test func reservedBitsAreIgnored() throws {
    let bytes = hex("FFFFFFFF ABCDEFFF 00")
    let header = try VXLANHeader.parse(bytes.span.bytes)
    #expect(header.vni == 0xAB_CDEF)
  }

  @Test(arguments: 0..<8) func tooShort(count: Int) {
    let bytes = Array(hex("0800000000000100").prefix(count))
    #expect(throws: WireError.truncated(needed: 8, had: count)) { try VXLANHeader.parse(bytes.span.bytes) }
  }

  @Test(arguments: [UInt8(0), 0xF7]) func withoutTheIFlag(flags: UInt8) {
    let bytes = [flags] + hex("000000 00000100")
    #expect(throws: WireError.invalidFlags(flags)) { try VXLANHeader.parse(bytes.span.bytes) }
  }
}
