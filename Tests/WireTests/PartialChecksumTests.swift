import TestSupport
import Testing
import Wire

@Suite struct PartialChecksumTests {
  /// A packet whose checksum field holds the folded pseudo-header sum, as the kernel hands it to a card.
  private func open(_ addresses: Addresses, _ protocolNumber: UInt8, _ upper: [UInt8]) -> [UInt8] {
    var upper = upper
    let sum = NaiveChecksum.sum(addresses.pseudoHeader(protocolNumber, upper.count))
    upper.put(bigEndian(sum), at: protocolNumber == 6 ? 16 : 6)
    return addresses.isV6 ? ipv6(addresses, protocolNumber, upper) : ipv4(addresses, protocolNumber, upper)
  }

  private func detected(_ packet: [UInt8]) throws -> PartialChecksum? {
    let ip = try #require(readIP(packet))
    return PartialChecksum(detectedIn: packet.span.bytes, ip)
  }

  private func named(_ packet: [UInt8], start: Int, offset: Int) throws -> PartialChecksum? {
    let ip = try #require(readIP(packet))
    return PartialChecksum(packet.span.bytes, ip, start: start, offset: offset)
  }

  @Test(arguments: [Addresses.v4, .v6], [UInt8(6), 17]) func completed(addresses: Addresses, number: UInt8) throws {
    var random = SeededGenerator(seed: 14)
    for _ in 0..<200 {
      let payload = random.bytes(random.int(0...1_500))
      let upper = number == 6 ? TCPBuilder().segment(addresses, payload) : udpDatagram(addresses, payload)
      // Padding behind the packet is not summed.
      var packet = open(addresses, number, upper) + [0xEE, 0xEE, 0xEE]
      let found = try #require(try detected(packet))
      let value = found.completed(packet.span.bytes)
      try #require(value.offset == found.field && value.byteCount == 2)
      packet.put(bigEndian(UInt16(value.value)), at: found.field)
      try ReadPacket(Array(packet.dropLast(3))).verifyChecksum()

      // The same where the capture names the field.
      let ip = try #require(readIP(packet))
      let start = addresses.isV6 ? 40 : 20
      let named = PartialChecksum(packet.span.bytes, ip, start: start, offset: number == 6 ? 16 : 6)
      try #require(named == found)
    }
  }

  @Test func finishedChecksumsAreLeftAlone() throws {
    #expect(try detected(ipv4(6, TCPBuilder().segment(.v4, [1, 2, 3]))) == nil)
    #expect(try detected(ipv4(17, udpDatagram(.v4, [1, 2, 3]))) == nil)
    // None at all is allowed for UDP over IPv4.
    #expect(try detected(ipv4(17, udpDatagram(.v4, [1, 2, 3], hasChecksum: false))) == nil)
  }

  @Test func nothingIsLookedForInFragmentsAndCutPackets() throws {
    let packet = open(.v4, 6, TCPBuilder().segment(.v4, [1, 2, 3]))
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
  @Test func zeroIsWrittenAsAllOnesForUDP() throws {
    // Eight bytes of payload-free UDP whose sum with the pseudo-header is all ones.
    var packet = open(.v4, 17, [0, 0, 0, 0, 0, 8, 0, 0])
    packet.put([0, 0], at: 20)
    let missing = 0xFFFF - NaiveChecksum.sum(Array(packet[20...]))
    packet.put(bigEndian(missing), at: 20)
    #expect(try #require(try detected(packet)).completed(packet.span.bytes).value == 0xFFFF)
  }

  @Test(arguments: [(-1, 6), (20, -1), (20, 100), (1_000, 6), (27, 0)])
  func metadataThatDoesNotFit(start: Int, offset: Int) throws {
    let packet = ipv4(17, udpDatagram(.v4, []))
    let ip = try #require(readIP(packet))
    #expect(PartialChecksum(packet.span.bytes, ip, start: start, offset: offset) == nil)
    #expect(PartialChecksum(packet.span.bytes, ip, start: 20, offset: 6) != nil)
  }

  /// SCTP has a CRC32c, whether the capture names the field or only its zero tells. The packet is scapy's.
  @Test(arguments: [Addresses.v4, .v6]) func exactBytesOfSCTP(addresses: Addresses) throws {
    let sctp = hex("13880b5901020304abccb9000000001c00000007000100020000000368656c6c6f2c205343545021")
    let start = addresses.isV6 ? 40 : 20
    for left: [UInt8] in [[0, 0, 0, 0], [0xDE, 0xAD, 0xBE, 0xEF]] {
      var open = sctp
      open.put(left, at: 8)
      // Padding behind the packet is not part of it.
      let packet = (addresses.isV6 ? ipv6(132, open) : ipv4(132, open)) + [0xEE, 0xEE]
      let named = try #require(try named(packet, start: start, offset: 8))
      #expect(named.completed(packet.span.bytes) == FieldValue(UInt32(0xABCC_B900), at: start + 8))
      #expect(try detected(packet) == (left[0] == 0 ? named : nil))
    }
  }

  /// Offset 8 means SCTP only where SCTP is: not in a packet that says otherwise, and in a tunnel by the inner header.
  @Test func onlySCTPHasACRC() throws {
    let other = ipv4(47, sctpPacket([1, 2, 3, 4], hasChecksum: false))
    let sum = try #require(try named(other, start: 20, offset: 8))
    #expect(sum.algorithm == .internet && sum.completed(other.span.bytes).byteCount == 2)

    for addresses in [Addresses.v4, .v6] {
      let whole = sctpPacket([1, 2, 3, 4])
      let inner = addresses.isV6 ? ipv6(132, whole) : ipv4(132, whole)
      var packet = ipv4(47, hex("0000") + bigEndian(UInt16(addresses.isV6 ? 0x86DD : 0x0800)) + inner + [0xEE])
      let start = packet.count - 1 - whole.count
      packet.put([0, 0, 0, 0], at: start + 8)
      let found = try #require(try named(packet, start: start, offset: 8))
      #expect(bigEndian(found.completed(packet.span.bytes).value) == whole.slice(8, 4))
      // Too short for the field.
      packet = Array(packet.prefix(start + 10))
      packet.put(bigEndian(UInt16(packet.count)), at: 2)
      #expect(try named(packet, start: start, offset: 8) == nil)
    }
  }

  @Test func sctpThatIsNotOpen() throws {
    let whole = ipv4(132, sctpPacket([1, 2, 3, 4]))
    #expect(try detected(whole) == nil)
    let open = ipv4(132, sctpPacket([1, 2, 3, 4], hasChecksum: false))
    #expect(try detected(open) != nil)
    #expect(try detected(Array(open.dropLast())) == nil)
    #expect(try detected(ipv4(132, [UInt8](repeating: 0, count: 11))) == nil)
    var fragment = open
    fragment[6] = 0x20
    #expect(try detected(fragment) == nil)
  }

  /// A field is written as far as it lies within the bytes at hand.
  @Test(arguments: [(1, ""), (3, "0A"), (4, "0A0B"), (6, "0A0B0C0D")]) func fieldValues(count: Int, within: String) {
    let field = FieldValue(UInt32(0x0A0B_0C0D), at: 12)
    let written = { (range: Range<Int>) in
      emitted(range.count) { out, at in
        for index in 0..<range.count { out.store(UInt8(0xEE), at: at + index) }
        field.emit(within: range, into: &out, at: at)
      }
    }
    #expect(written(10..<10 + count) == Array((hex("EEEE") + hex(within)).prefix(count)))
    #expect(written(13..<15) == hex("0B0C"))
    #expect(written(14..<18) == hex("0C0DEEEE"))
    #expect(written(16..<18) == hex("EEEE"))
    #expect(
      emitted(2) { out, at in FieldValue(UInt16(0x0A0B), at: 5).emit(within: 5..<7, into: &out, at: at) } == [10, 11])
  }
}
