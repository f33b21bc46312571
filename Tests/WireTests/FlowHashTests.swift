import TestSupport
import Testing
import Wire

@Suite struct FlowHashTests {
  private func hash(_ bytes: [UInt8]) throws -> FlowHash {
    let packet = try #require(readIP(bytes))
    return FlowHash(bytes.span.bytes, packet)
  }

  private func packet(_ addresses: Addresses, _ protocolNumber: UInt8, _ payload: [UInt8]) -> [UInt8] {
    addresses.isV6 ? ipv6(addresses, protocolNumber, payload) : ipv4(addresses, protocolNumber, payload)
  }

  private func ports(_ one: UInt16, _ other: UInt16) -> [UInt8] {
    bigEndian(one) + bigEndian(other) + [UInt8](repeating: 0, count: 16)
  }

  @Test(arguments: [Addresses.v4, .v6], [UInt8(6), 17, 132, 136, 33])
  func bothDirectionsAreOneFlow(addresses: Addresses, protocolNumber: UInt8) throws {
    let there = try hash(packet(addresses, protocolNumber, ports(1234, 443)))
    #expect(try hash(packet(addresses.reversed, protocolNumber, ports(443, 1234))) == there)
    #expect(try hash(packet(addresses, protocolNumber, ports(1235, 443))) != there)
    #expect(try hash(packet(addresses, protocolNumber, ports(443, 1234))) != there)
    #expect(try hash(packet(addresses, 47, ports(1234, 443))) != there)
  }

  @Test func randomFlowsAreSymmetric() throws {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<500 {
      let size = random.chance(2) ? 4 : 16
      let addresses = Addresses(random.bytes(size), random.bytes(size))
      let one = UInt16(random.int(0...65_535))
      let other = UInt16(random.int(0...65_535))
      let there = try hash(packet(addresses, 6, ports(one, other)))
      try #require(try hash(packet(addresses.reversed, 6, ports(other, one))) == there)
    }
  }

  /// Payload, TTL and identification say nothing about the flow.
  @Test func onlyTheFlowCounts() throws {
    let one = ipv4(6, identification: 1, flags: 0, TCPBuilder().segment(.v4, [1]))
    let other = ipv4(6, identification: 2, options: [1, 1, 1, 0], TCPBuilder().segment(.v4, [9, 9]))
    #expect(try hash(one) == hash(other))
  }

  /// The first fragment has ports and the others have not, so none is hashed by them.
  @Test func fragmentsOfAPacketAreOneFlow() throws {
    let first = ipv4(17, flags: 0x2000, ports(1, 2))
    #expect(try hash(first) == hash(ipv4(17, flags: 0x2003, [9, 9, 9, 9, 9, 9, 9, 9])))
    #expect(try hash(first) == hash(ipv4(17, flags: 0x0006, [])))
    #expect(try hash(first) == hash(ipv4(.v4.reversed, 17, flags: 0x2000, ports(7, 8))))
    #expect(try hash(first) != hash(ipv4(6, flags: 0x2000, ports(1, 2))))
    #expect(try hash(first) != hash(ipv4(Addresses([10, 0, 0, 1], [10, 0, 0, 3]), 17, flags: 0x2000, ports(1, 2))))

    let six = { (offset: UInt16, more: Bool, payload: [UInt8]) in
      ipv6(44, fragmentHeader(next: 17, offset: offset, more: more, identification: 1) + payload)
    }
    let firstV6 = try hash(six(0, true, ports(1, 2)))
    #expect(try hash(six(2, false, [5, 5])) == firstV6)
    #expect(try hash(six(0, false, ports(1, 2))) != firstV6)
  }

  /// No ports where there are none: ICMP, and packets that end too early.
  @Test func protocolsWithoutPortsHashTheirAddresses() throws {
    #expect(try hash(ipv4(1, [8, 0, 1, 2, 3, 4])) == hash(ipv4(1, [0, 0, 9, 9])))
    #expect(try hash(ipv4(17, [1, 2, 3])) == hash(ipv4(17, [])))
  }

  /// 10,000 flows that differ by one port: lanes, paths and batch bits are all evenly used.
  @Test(arguments: [UInt64(40), 32, 48, 0]) func spread(shift: UInt64) throws {
    var counts = [Int](repeating: 0, count: 16)
    for port in 0..<10_000 {
      let value = try hash(ipv4(6, ports(UInt16(port + 1_024), 443))).value
      counts[Int((value >> shift) & 15)] += 1
    }
    // 625 each; five standard deviations are 121.
    #expect(counts.allSatisfy { (504...746).contains($0) }, "\(counts)")
  }

  @Test func framesThatAreNotIP() {
    let there = ethernet(0x0806, to: [2, 0, 0, 0, 0, 2], from: [2, 0, 0, 0, 0, 1], [])
    let back = ethernet(0x0806, to: [2, 0, 0, 0, 0, 1], from: [2, 0, 0, 0, 0, 2], [])
    let other = ethernet(0x0806, to: [2, 0, 0, 0, 0, 3], from: [2, 0, 0, 0, 0, 1], [])
    let hash = { (frame: [UInt8], type: UInt16) in FlowHash(ethernet: frame.span.bytes, etherType: type) }
    #expect(hash(there, 0x0806) == hash(back, 0x0806))
    #expect(hash(there, 0x0806) != hash(other, 0x0806))
    #expect(hash(there, 0x0806) != hash(there, 0x88CC))
    #expect(hash(Array(there.prefix(11)), 0x0806).value == 0)
  }

  /// Every forwarder, whatever its version, ranks collectors alike: these values are for ever.
  @Test func valuesAreFixed() throws {
    #expect(FlowHash.mix(0) == 0xE220_A839_7B1D_CDAF)
    #expect(FlowHash.mix(1) == 0x910A_2DEC_8902_5CC1)
    #expect(try hash(ipv4(6, ports(1234, 443))).value == 0x8506_7244_249B_CE53)
    #expect(try hash(ipv6(17, ports(1234, 443))).value == 0x7451_96C7_C17B_4542)
    #expect(try hash(ipv4(1, [8, 0, 0, 0])).value == 0x8DDC_5936_28D8_FC9A)
    let frame = ethernet(0x0806, [])
    #expect(FlowHash(ethernet: frame.span.bytes, etherType: 0x0806).value == 0x3174_81D0_FB9F_7478)
  }
}
