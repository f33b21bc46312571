import TestSupport
import Testing
import Wire

@Suite struct InternetChecksumTests {
  private func folded(_ bytes: [UInt8], from offset: Int = 0, count: Int? = nil) -> UInt16 {
    var sum = InternetChecksum()
    sum.add(bytes.span.bytes, from: offset, count: count ?? bytes.count)
    return sum.folded
  }

  /// RFC 1071 section 3.
  @Test func exampleOfTheRFC() {
    var sum = InternetChecksum()
    let bytes = hex("0001 f203 f4f5 f6f7")
    sum.add(bytes.span.bytes, from: 0, count: 8)
    #expect(sum.folded == 0xDDF2)
    #expect(sum.checksum == 0x220D)
  }

  /// An IPv4 header whose checksum is known: 0xB861 (a common textbook example).
  @Test func headerOfAKnownPacket() {
    let header = hex("4500 0073 0000 4000 4011 0000 c0a8 0001 c0a8 00c7")
    #expect(~folded(header) == 0xB861)
  }

  @Test func nothingAndOneByte() {
    #expect(folded([]) == 0)
    #expect(folded([0xAB]) == 0xAB00)
    #expect(folded([0xFF, 0xFF]) == 0xFFFF)
  }

  /// Every length from 0 to 80 at every alignment to 16 bytes.
  @Test func everyLengthAtEveryAlignment() throws {
    var random = SeededGenerator(seed: 2)
    let bytes = random.bytes(128)
    for offset in 0..<16 {
      for count in 0...80 {
        try #require(
          folded(bytes, from: offset, count: count) == NaiveChecksum.sum(bytes.slice(offset, count)),
          "offset \(offset), count \(count)")
      }
    }
  }

  @Test func randomAgainstTheDefinition() throws {
    var random = SeededGenerator(seed: 3)
    for round in 0..<200 {
      let bytes = random.bytes(random.int(0...3_000))
      try #require(folded(bytes) == NaiveChecksum.sum(bytes), "round \(round)")
    }
  }

  /// 256 KiB of all ones carry with every word.
  @Test func carriesOfALongSum() {
    let bytes = [UInt8](repeating: 0xFF, count: 262_144)
    #expect(folded(bytes) == 0xFFFF)
    #expect(folded(bytes + [0x01, 0x02]) == 0x0102)
  }

  /// Ranges added one after the other count as one where each begins at an even distance.
  @Test func sumsOfParts() throws {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<200 {
      let bytes = random.bytes(random.int(2...200))
      let cut = random.int(0...bytes.count / 2) * 2
      var sum = InternetChecksum()
      sum.add(bytes.span.bytes, from: 0, count: cut)
      sum.add(bytes.span.bytes, from: cut, count: bytes.count - cut)
      try #require(sum.folded == NaiveChecksum.sum(bytes))
    }
  }

  @Test func integersInHostOrder() {
    var sum = InternetChecksum()
    sum.add(UInt16(0x1234))
    sum.add(UInt32(0x0001_F203))
    #expect(sum.folded == NaiveChecksum.sum(hex("1234 0001 f203")))
  }

  /// RFC 768: a computed zero goes as all ones; TCP and IP have no such rule.
  @Test func zeroOfUDP() {
    var sum = InternetChecksum()
    sum.add(UInt16(0xFFFF))
    #expect(sum.checksum == 0)
    #expect(sum.udpChecksum == 0xFFFF)
    sum.add(UInt16(1))
    #expect(sum.checksum == 0xFFFE)
    #expect(sum.udpChecksum == 0xFFFE)
  }
}
