import TestSupport
import Testing
import Wire

@Suite struct FragmentationTests {
  private func plan(_ packet: [UInt8], _ limit: Int, identification: UInt32 = 0xABCD_1234) -> Fragmentation? {
    guard let ip = readIP(packet) else { return nil }
    return Fragmentation(packet.span.bytes, ip, maximumPacket: limit, identification: identification)
  }

  private func fragments(_ plan: Fragmentation, _ packet: [UInt8]) -> [[UInt8]] {
    (0..<plan.count).map { index in
      let header = emitted(plan.headerCount(index)) { out, offset in
        plan.emitHeader(index, packet.span.bytes, into: &out, at: offset)
      }
      return header + packet.slice(plan.payloadOffset + index * plan.payloadPerFragment, plan.payloadCount(index))
    }
  }

  /// Puts fragments together by offset; fails on gaps, overlaps, and sizes that are no multiple of eight.
  private func reassemble(_ parts: [ReadPacket]) throws -> [UInt8] {
    var payload: [UInt8] = []
    for part in parts.sorted(by: { $0.fragmentOffset < $1.fragmentOffset }) {
      try #require(part.fragmentOffset == parts[0].fragmentOffset + payload.count)
      try #require(part.payload.count.isMultiple(of: 8) || part == parts.last)
      try #require(part.identification == parts[0].identification)
      try #require(part.addresses == parts[0].addresses)
      try #require(part.upperProtocol == parts[0].upperProtocol)
      payload += part.payload
    }
    return payload
  }

  @Test(arguments: [false, true]) func randomPacketsComeTogetherAgain(isV6: Bool) throws {
    var random = SeededGenerator(seed: isV6 ? 12 : 11)
    for round in 0..<300 {
      let addresses = random.addresses(isV6: isV6)
      let upper = random.bytes(random.int(300...20_000))
      let packet = random.packet(addresses, random.pick([1, 17, 47, 58, 132]), upper)
      let limit = random.int(200...min(9_000, packet.count - 1))
      let original = try ReadPacket(packet)
      let plan = try #require(self.plan(packet, limit), "round \(round)")
      let made = fragments(plan, packet)
      try #require(made.allSatisfy { $0.count <= limit }, "round \(round)")
      let parts = try made.map { try ReadPacket($0) }
      try #require(parts.dropLast().allSatisfy { $0.hasMore } && parts.last?.hasMore == false)
      if isV6 {
        // Headers that are not repeated travel as the beginning of the payload.
        let repeated = 40 + parts[0].options.count
        let expected = announcingFragment(packet.slice(40, repeated - 40))
        try #require(parts.allSatisfy { $0.options == expected }, "round \(round)")
        try #require(try reassemble(parts) == Array(packet[repeated...]), "round \(round)")
        try #require(parts[0].identification == 0xABCD_1234)
      } else {
        try #require(try reassemble(parts) == upper, "round \(round)")
        try #require(parts[0].options == original.options)
        let copied = copiedOptions(original.options)
        try #require(parts.dropFirst().allSatisfy { $0.options == copied }, "round \(round)")
        // A value of the sender's own stays, unless DF said that there would be no fragments; DF goes.
        let isMeant = original.identification != 0 && !original.mayNotFragment
        try #require(parts[0].identification == (isMeant ? original.identification : 0x1234))
        try #require(parts.allSatisfy { !$0.mayNotFragment })
      }
    }
  }

  /// Extension headers, the last of which names a fragment header as what follows.
  private func announcingFragment(_ headers: [UInt8]) -> [UInt8] {
    var headers = headers
    var last: Int?
    var at = 0
    while at < headers.count {
      last = at
      at += (Int(headers[at + 1]) + 1) * 8
    }
    if let last { headers[last] = 44 }
    return headers
  }

  /// RFC 791 section 3.1: those with the copied flag, padded with end of list.
  private func copiedOptions(_ options: [UInt8]) -> [UInt8] {
    var copied: [UInt8] = []
    var at = 0
    while at < options.count, options[at] != 0 {
      let size = options[at] == 1 ? 1 : Int(options[at + 1])
      if options[at] & 0x80 != 0 { copied += options.slice(at, size) }
      at += size
    }
    while !copied.count.isMultiple(of: 4) { copied.append(0) }
    return copied
  }

  @Test func exactBytesIPv4() throws {
    let packet = ipv4(1, identification: 0, flags: 0x4000, Array(1...20))
    let plan = try #require(self.plan(packet, 36))
    #expect(
      fragments(plan, packet) == [
        hex("4503 0024 1234 2000 4001 34A0 0A000001 0A000002 0102030405060708 090A0B0C0D0E0F10"),
        hex("4503 0018 1234 0002 4001 54AA 0A000001 0A000002 11121314"),
      ])
  }

  /// Under DF the identification means nothing (RFC 6864 section 4.1), and senders use one for many packets.
  @Test(arguments: [
    (UInt16(0x4000), UInt16(0x0777), UInt32(0x1234)), (0x4000, 0, 0x1234), (0, 0, 0x1234), (0, 0x0777, 0x0777),
    // Of a fragment it is what holds the others together, whatever DF says.
    (0x6000, 0x0777, 0x0777), (0x4005, 0x0777, 0x0777), (0x2000, 0, 0), (5, 0, 0),
  ])
  func identificationsAreFreshWhereTheOwnMeansNothing(flags: UInt16, own: UInt16, expected: UInt32) throws {
    let packet = ipv4(1, identification: own, flags: flags, Array(1...24))
    let parts = try fragments(try #require(plan(packet, 36)), packet).map { try ReadPacket($0) }
    #expect(parts.count == 2)
    #expect(parts.map(\.identification) == [expected, expected])
  }

  @Test func exactBytesUnderDF() throws {
    let packet = ipv4(1, identification: 0x0777, flags: 0x4000, Array(1...20))
    let plan = try #require(self.plan(packet, 36))
    #expect(
      fragments(plan, packet) == [
        hex("4503 0024 1234 2000 4001 34A0 0A000001 0A000002 0102030405060708 090A0B0C0D0E0F10"),
        hex("4503 0018 1234 0002 4001 54AA 0A000001 0A000002 11121314"),
      ])
  }

  @Test func exactBytesIPv6() throws {
    let packet = ipv6(0, extensionHeader(next: 58) + Array(1...20))
    let plan = try #require(self.plan(packet, 72))
    let addresses = "20010db8000000000000000000000001 20010db8000000000000000000000002"
    #expect(
      fragments(plan, packet) == [
        hex("60123456 0020 00 40 \(addresses) 2C00010400000000 3A000001ABCD1234 0102030405060708 090A0B0C0D0E0F10"),
        hex("60123456 0014 00 40 \(addresses) 2C00010400000000 3A000010ABCD1234 11121314"),
      ])
  }

  /// A fragment is cut further: offsets go on from its own, and only the last piece of a last fragment says "last".
  @Test(arguments: [true, false]) func fragmentsOfAFragment(hasMore: Bool) throws {
    var random = SeededGenerator(seed: 13)
    let payload = random.bytes(hasMore ? 1_024 : 1_001)
    let four = ipv4(17, identification: 0, flags: (hasMore ? 0x2000 : 0) | 100, payload)
    let six = ipv6(
      0, extensionHeader(next: 44) + fragmentHeader(next: 17, offset: 100, more: hasMore, identification: 7) + payload)
    for (packet, identification) in [(four, UInt32(0)), (six, 7)] {
      let parts = try fragments(try #require(plan(packet, 300)), packet).map { try ReadPacket($0) }
      #expect(parts[0].fragmentOffset == 800)
      #expect(parts.dropLast().allSatisfy { $0.hasMore })
      #expect(parts.last?.hasMore == hasMore)
      #expect(parts.allSatisfy { $0.identification == identification && $0.upperProtocol == 17 })
      #expect(try reassemble(parts) == payload)
    }
  }

  /// A whole packet behind a fragment header (RFC 6946) keeps that one.
  @Test func fragmentsOfAnAtomicFragment() throws {
    let payload = [UInt8](1...100)
    let packet = ipv6(44, fragmentHeader(next: 58, offset: 0, more: false, identification: 77) + payload)
    let parts = try fragments(try #require(plan(packet, 100)), packet).map { try ReadPacket($0) }
    #expect(parts.count == 3)
    #expect(parts.allSatisfy { $0.identification == 77 && $0.upperProtocol == 58 && $0.options.isEmpty })
    #expect(try reassemble(parts) == payload)
  }

  @Test func limitsThatLeaveNoRoomGiveNoPlan() throws {
    let packet = ipv4(1, Array(1...20))
    #expect(plan(packet, 27) == nil)
    #expect(plan(packet, -1) == nil)
    #expect(try #require(plan(packet, 28)).count == 3)
    #expect(try #require(plan(packet, 35)).count == 3)
    #expect(try #require(plan(packet, 36)).count == 2)
    #expect(try #require(plan(packet, 44)).count == 1)
    let six = ipv6(58, Array(1...20))
    #expect(plan(six, 55) == nil)
    #expect(try #require(plan(six, 56)).count == 3)
  }

  @Test func whatCannotBeFragmented() {
    #expect(plan(Array(ipv4(1, Array(1...20)).dropLast()), 28) == nil)
    #expect(plan(ipv4(1, []), 100) == nil)
    #expect(plan(ipv4(1, totalLength: 0, [UInt8](repeating: 0, count: 66_000)), 1_000) == nil)
    // Fragments whose pieces would lie beyond what an offset can say.
    let far = [UInt8](repeating: 0, count: 1_000)
    #expect(plan(ipv4(17, flags: 0x1FFF, far), 300) == nil)
    #expect(plan(ipv6(44, fragmentHeader(next: 17, offset: 0x1FFF, more: false, identification: 1) + far), 300) == nil)
    let hopByHop: [UInt8] = [58, 0, 0xC2, 4] + bigEndian(UInt32(70_008))
    #expect(plan(ipv6(0, payloadLength: 0, hopByHop + [UInt8](repeating: 0, count: 70_000)), 1_000) == nil)
  }

  /// Options that make no sense are not copied, and nothing is read behind them.
  @Test(arguments: [hex("94000000"), hex("94FF0000"), hex("01010194"), hex("94010000"), hex("00940400")])
  func malformedOptions(options: [UInt8]) throws {
    let packet = ipv4(1, options: options, Array(1...40))
    let parts = try fragments(try #require(plan(packet, 48)), packet).map { try ReadPacket($0) }
    #expect(parts[0].options == options)
    #expect(parts.dropFirst().allSatisfy { $0.options.isEmpty })
    #expect(try reassemble(parts) == Array(1...40))
  }
}
