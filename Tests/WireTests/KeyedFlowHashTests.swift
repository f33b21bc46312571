import TestSupport
import Testing

@testable import Wire

@Suite struct KeyedFlowHashTests {
  private let key = FlowHash.Key(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)

  private func hash(_ bytes: [UInt8], _ key: FlowHash.Key) throws -> UInt64 {
    let packet = try #require(readIP(bytes))
    return FlowHash(bytes.span.bytes, packet, key: key).value
  }

  private func packet(_ addresses: Addresses, _ one: UInt16, _ other: UInt16, _ number: UInt8 = 6) -> [UInt8] {
    let upper = bigEndian(one) + bigEndian(other) + [UInt8](repeating: 0, count: 16)
    return addresses.isV6 ? ipv6(addresses, number, upper) : ipv4(addresses, number, upper)
  }

  /// The reference implementation's vectors: the bytes 0, 1, 2 ... under the key of the bytes 0 ... 15.
  @Test(arguments: [
    (0, UInt64(0xABAC_0158_050F_C4DC)), (1, 0x3690_9511_8D29_9A8E), (2, 0xCC4F_DD1A_7D90_8B66),
    (3, 0xF464_AEB2_6734_9C8C), (5, 0xC1D2_3632_99E4_1531),
  ])
  func sipHash(words: Int, expected: UInt64) {
    var hash = SipHash(key.first, key.second)
    for word in 0..<words {
      hash.add((0..<8).reduce(0) { $0 | UInt64(8 * word + $1) << UInt64(8 * $1) })
    }
    #expect(hash.finish() == expected)
  }

  @Test func randomFlowsAreSymmetricUnderAnyKey() throws {
    var random = SeededGenerator(seed: 41)
    for _ in 0..<500 {
      let key = FlowHash.Key(random.next(), random.next())
      let size = random.chance(2) ? 4 : 16
      var addresses = Addresses(random.bytes(size), random.bytes(size))
      // Connections of a host with itself too, where only the ports tell the ends apart.
      if random.chance(4) { addresses.destination = addresses.source }
      let one = UInt16(random.int(0...65_535))
      let other = UInt16(random.int(0...65_535))
      let there = try hash(packet(addresses, one, other), key)
      try #require(try hash(packet(addresses.reversed, other, one), key) == there)
      // Whatever makes another flow makes another hash.
      try #require(try hash(packet(addresses, one ^ 1, other), key) != there)
      try #require(try hash(packet(addresses, one, other, 17), key) != there)
      try #require(try hash(packet(addresses, one, other), self.key) != there)
      addresses.source[random.int(0...size - 1)] ^= 0x10
      try #require(try hash(packet(addresses, one, other), key) != there)
    }
  }

  @Test func fragmentsOfAPacketAreOneFlow() throws {
    let first = ipv4(17, flags: 0x2000, bigEndian(UInt16(1)) + bigEndian(UInt16(2)) + [0, 0, 0, 0])
    #expect(try hash(first, key) == hash(ipv4(17, flags: 0x0001, [9, 9, 9, 9]), key))
  }

  @Test func framesThatAreNotIP() {
    let hash = { (frame: [UInt8], type: UInt16) in
      FlowHash(ethernet: frame.span.bytes, etherType: type, key: self.key).value
    }
    let there = ethernet(0x0806, to: [2, 0, 0, 0, 0, 2], from: [2, 0, 0, 0, 0, 1], [])
    let back = ethernet(0x0806, to: [2, 0, 0, 0, 0, 1], from: [2, 0, 0, 0, 0, 2], [])
    #expect(hash(there, 0x0806) == hash(back, 0x0806))
    #expect(hash(there, 0x0806) != hash(there, 0x88CC))
    #expect(hash(there, 0x0806) != hash(ethernet(0x0806, from: [2, 0, 0, 0, 0, 3], []), 0x0806))
    #expect(
      hash(there, 0x0806)
        == FlowHash(source: 0x0200_0000_0001, destination: 0x0200_0000_0002, etherType: 0x0806, key: key).value)
    #expect(hash(Array(there.prefix(11)), 0x0806) == 0)
  }

  /// Who knows the shared hash can make any number of flows that have the same; under a key nobody knows they spread
  /// over lanes and classes like any others.
  @Test func craftedFlowsDoNotMeet() throws {
    let flows = CraftedFlows.addresses(count: 256)
    let shared = try flows.map { FlowHash($0.span.bytes, try #require(readIP($0))) }
    #expect(shared.allSatisfy { $0 == shared[0] })
    var random = SeededGenerator(seed: 42)
    for _ in 0..<10 {
      let key = FlowHash.Key(random.next(), random.next())
      let hashes = try flows.map { try hash($0, key) }
      #expect(Set(hashes).count == flows.count)
      // 256 balls in 256 bins leave 162 filled, give or take 6; in 4 of 64 each, give or take 7.
      #expect(Set(hashes.map { $0 >> 32 & 0xFF }).count > 130)
      for lane: UInt64 in 0..<4 { #expect((29...99).contains(hashes.count { $0 >> 46 & 3 == lane })) }
    }
  }

  /// Chance, not the program text, decides the key.
  @Test func theProcessHasAKeyOfItsOwn() {
    #expect(FlowHash.Key.process.first != 0 && FlowHash.Key.process.second != 0)
    #expect(FlowHash.Key.process.first != FlowHash.Key.process.second)
  }
}
