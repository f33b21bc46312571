import TestSupport
import Testing
import Wire

@Suite struct CRC32CTests {
  private func field(_ bytes: [UInt8]) -> [UInt8] {
    var crc = CRC32C()
    crc.add(bytes.span.bytes, from: 0, count: bytes.count)
    return bigEndian(crc.fieldValue)
  }

  /// RFC 3720 appendix B.4, as the bytes stand on the wire.
  @Test(arguments: [
    ([UInt8](repeating: 0, count: 32), "aa36918a"), ([UInt8](repeating: 0xFF, count: 32), "43aba862"),
    (Array(0...31), "4e79dd46"), (Array((0...31).reversed()), "5cdb3f11"),
    (
      hex(
        """
        01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018 28000000 00000000 02000000 00000000
        """), "563a96d9"
    ),
  ])
  func publishedVectors(bytes: [UInt8], expected: String) { #expect(field(bytes) == hex(expected)) }

  /// Any length, from any place, in any pieces: as bit by bit.
  @Test func anyPiecesGiveTheSumBitByBit() {
    var random = SeededGenerator(seed: 31)
    for _ in 0..<300 {
      let bytes = random.bytes(random.int(0...300))
      let start = random.int(0...bytes.count)
      let end = random.int(start...bytes.count)
      let middle = random.int(start...end)
      var crc = CRC32C()
      crc.add(bytes.span.bytes, from: start, count: middle - start)
      crc.add(bytes.span.bytes, from: middle, count: end - middle)
      #expect(bigEndian(crc.fieldValue) == NaiveCRC32C.field(Array(bytes[start..<end])))
      crc.addZeroField()
      #expect(bigEndian(crc.fieldValue) == NaiveCRC32C.field(Array(bytes[start..<end]) + [0, 0, 0, 0]))
    }
  }
}
