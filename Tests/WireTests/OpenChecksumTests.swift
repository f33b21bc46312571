import TestSupport
import Testing
import Wire

@Suite struct OpenChecksumTests {
  /// A packet whose checksum field holds the folded pseudo-header sum, as the kernel hands it to a card.
  private func open(_ addresses: Addresses, _ protocolNumber: UInt8, _ upper: [UInt8]) -> [UInt8] {
    var upper = upper
    let sum = NaiveChecksum.sum(addresses.pseudoHeader(protocolNumber, upper.count))
    upper.put(bigEndian(sum), at: protocolNumber == 6 ? 16 : 6)
    return addresses.isV6 ? ipv6(addresses, protocolNumber, upper) : ipv4(addresses, protocolNumber, upper)
  }

  private func detected(_ packet: [UInt8]) throws -> OpenChecksum? {
    let ip = try #require(readIP(packet))
    return OpenChecksum(detectedIn: packet.span.bytes, ip)
  }

  @Test(arguments: [Addresses.v4, .v6], [UInt8(6), 17]) func completed(addresses: Addresses, number: UInt8) throws {
    var random = SeededGenerator(seed: 14)
    for _ in 0..<200 {
      let payload = random.bytes(random.int(0...1_500))
      let upper = number == 6 ? TCPHeader().segment(addresses, payload) : udpDatagram(addresses, payload)
      // Padding behind the packet is not summed.
      var packet = open(addresses, number, upper) + [0xEE, 0xEE, 0xEE]
      let found = try #require(try detected(packet))
      packet.put(bigEndian(found.completed(packet.span.bytes)), at: found.field)
      try ReadPacket(Array(packet.dropLast(3))).verifyChecksum()

      // The same where the capture names the field.
      let ip = try #require(readIP(packet))
      let start = addresses.isV6 ? 40 : 20
      let named = OpenChecksum(packet.span.bytes, ip, start: start, offset: number == 6 ? 16 : 6)
      try #require(named == found)
    }
  }

  @Test func finishedChecksumsAreLeftAlone() throws {
    #expect(try detected(ipv4(6, TCPHeader().segment(.v4, [1, 2, 3]))) == nil)
    #expect(try detected(ipv4(17, udpDatagram(.v4, [1, 2, 3]))) == nil)
    // None at all is allowed for UDP over IPv4.
    #expect(try detected(ipv4(17, udpDatagram(.v4, [1, 2, 3], hasChecksum: false))) == nil)
  }

  @Test func nothingIsLookedForInFragmentsAndCutPackets() throws {
    let packet = open(.v4, 6, TCPHeader().segment(.v4, [1, 2, 3]))
    #expect(try detected(packet) != nil)
    #expect(try detected(Array(packet.dropLast())) == nil)
    var fragment = packet
    fragment[6] = 0x20
    #expect(try detected(fragment) == nil)
    #expect(try detected(ipv4(6, [UInt8](repeating: 0, count: 19))) == nil)
    #expect(try detected(ipv4(17, [UInt8](repeating: 0, count: 7))) == nil)
    #expect(try detected(ipv4(1, [8, 0, 0, 0])) == nil)
  }

  /// A computed zero is sent as all ones by UDP only.
  @Test func zero() throws {
    // Eight bytes of payload-free UDP whose sum with the pseudo-header is all ones.
    var packet = open(.v4, 17, [0, 0, 0, 0, 0, 8, 0, 0])
    packet.put([0, 0], at: 20)
    let missing = 0xFFFF - NaiveChecksum.sum(Array(packet[20...]))
    packet.put(bigEndian(missing), at: 20)
    #expect(try #require(try detected(packet)).completed(packet.span.bytes) == 0xFFFF)
  }

  @Test(arguments: [(-1, 6), (20, -1), (20, 100), (1_000, 6), (27, 0)])
  func metadataThatDoesNotFit(start: Int, offset: Int) throws {
    let packet = ipv4(17, udpDatagram(.v4, []))
    let ip = try #require(readIP(packet))
    #expect(OpenChecksum(packet.span.bytes, ip, start: start, offset: offset) == nil)
    #expect(OpenChecksum(packet.span.bytes, ip, start: 20, offset: 6) != nil)
  }
}
