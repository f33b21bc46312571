import TestSupport
import Testing
import Wire

@Suite struct UDPSegmentationTests {
  private func plan(_ packet: [UInt8], _ size: Int) -> Segmentation? {
    guard let ip = readIP(packet) else { return nil }
    return Segmentation(udp: packet.span.bytes, ip, segmentSize: size)
  }

  private func datagrams(_ plan: Segmentation, _ packet: [UInt8]) -> [[UInt8]] {
    (0..<plan.count).map { index in
      let header = emitted(plan.headerByteCount) { out, offset in
        plan.emitHeader(index, packet.span.bytes, into: &out, at: offset)
      }
      return header + packet.slice(plan.payloadOffset + index * plan.payloadPerSegment, plan.payloadCount(index))
    }
  }

  @Test func exactBytes() throws {
    let packet = ipv4(17, identification: 1, udpDatagram(.v4, Array(1...5)))
    let plan = try #require(self.plan(packet, 3))
    #expect(
      datagrams(plan, packet) == [
        hex("4503 001F 0001 4000 4011 26C8 0A000001 0A000002 1388 0035 000B D416 010203"),
        hex("4503 001E 0002 4000 4011 26C8 0A000001 0A000002 1388 0035 000A D415 0405"),
      ])
  }

  @Test(arguments: [false, true]) func randomSuperDatagramsAreTakenApart(isV6: Bool) throws {
    var random = SeededGenerator(seed: isV6 ? 10 : 9)
    for round in 0..<250 {
      let addresses = random.addresses(isV6: isV6)
      let size = random.int(1...1_500)
      let payload = random.bytes(size * random.int(1...20) + random.int(1...size))
      let hasChecksum = isV6 || !random.chance(4)
      let upper = udpDatagram(addresses, from: 7, to: 9, payload, hasChecksum: hasChecksum)
      let packet = random.packet(addresses, 17, upper)
      let plan = try #require(self.plan(packet, size), "round \(round)")
      let made = try datagrams(plan, packet).map { try ReadPacket($0) }
      for (index, datagram) in made.enumerated() {
        try datagram.verifyChecksum()
        try #require((datagram.payload.word(6) != 0) == hasChecksum)
        try #require(datagram.payload.slice(0, 4) == upper.slice(0, 4))
        try #require(datagram.payload.count == 8 + (index < made.count - 1 ? size : plan.payloadCount(index)))
        if !isV6 { try #require(datagram.identification == UInt32(packet.word(4) &+ UInt16(index))) }
      }
      try #require(made.flatMap { $0.payload.dropFirst(8) } == payload, "round \(round)")
    }
  }

  /// One datagram is not cut.
  @Test func sizesThatGiveNoPlan() throws {
    let packet = ipv4(17, udpDatagram(.v4, Array(1...20)))
    #expect(plan(packet, 20) == nil)
    #expect(plan(packet, 0) == nil)
    #expect(try #require(plan(packet, 19)).count == 2)
    #expect(try #require(plan(packet, 10)).count == 2)
    #expect(plan(ipv4(6, udpDatagram(.v4, Array(1...20))), 5) == nil)
    #expect(plan(ipv4(17, flags: 0x2000, udpDatagram(.v4, Array(1...20))), 5) == nil)
    #expect(plan(Array(packet.dropLast()), 5) == nil)
    #expect(plan(ipv4(17, [0, 1, 0, 2]), 1) == nil)
  }
}
