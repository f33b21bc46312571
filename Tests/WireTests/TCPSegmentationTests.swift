import TestSupport
import Testing
import Wire

@Suite struct TCPSegmentationTests {
  /// The segments of a plan: the headers it emits, with the payload it points to.
  private func segments(_ plan: Segmentation, _ packet: [UInt8]) -> [[UInt8]] {
    (0..<plan.count).map { index in
      let header = emitted(plan.headerByteCount) { out, offset in
        plan.emitHeader(index, packet.span.bytes, into: &out, at: offset)
      }
      return header + packet.slice(plan.payloadOffset + index * plan.payloadPerSegment, plan.payloadCount(index))
    }
  }

  private func plan(_ packet: [UInt8], _ limit: Int, _ size: Int = 0) -> Segmentation? {
    guard let ip = readIP(packet) else { return nil }
    return Segmentation(tcp: packet.span.bytes, ip, maximumPacket: limit, segmentSize: size)
  }

  /// Two segments of a known packet, byte by byte.
  @Test func exactBytes() throws {
    var header = TCPBuilder()
    header.flags = 0x99  // CWR, ACK, PSH, FIN
    let packet = ipv4(6, identification: 0xFFFF, header.segment(.v4, Array(1...6)))
    let plan = try #require(self.plan(packet, 44))
    let made = segments(plan, packet)
    #expect(
      made == [
        hex(
          """
          4503 002C FFFF 4000 4006 26C7 0A000001 0A000002
          9C40 0050 000003E8 000007D0 5090 01F6 ED09 0000 01020304
          """),
        hex(
          """
          4503 002A 0000 4000 4006 26C9 0A000001 0A000002
          9C40 0050 000003EC 000007D0 5019 01F6 EC7E 0000 0506
          """),
      ])
  }

  /// The urgent pointer counts from a segment's own sequence number; behind the urgent data nothing is urgent.
  @Test(arguments: [(5, [5, 1, 0]), (4, [4, 0, 0]), (0, [0, 0, 0]), (100, [100, 96, 92])] as [(UInt16, [UInt16])])
  func urgentData(pointer: UInt16, expected: [UInt16]) throws {
    var header = TCPBuilder()
    header.flags = 0x30  // URG, ACK
    header.urgent = pointer
    let packet = ipv4(6, header.segment(.v4, Array(1...12)))
    let made = try segments(try #require(plan(packet, 44)), packet).map { try ReadPacket($0) }
    #expect(made.map { $0.payload.word(18) } == expected)
    for (index, segment) in made.enumerated() {
      try segment.verifyChecksum()
      #expect((segment.payload[13] & 0x20 != 0) == (index == 0 || expected[index] > 0))
    }
  }

  @Test(arguments: [false, true]) func randomPacketsComeTogetherAgain(isV6: Bool) throws {
    var random = SeededGenerator(seed: isV6 ? 8 : 7)
    for round in 0..<250 {
      let header = random.tcpHeader()
      let addresses = random.addresses(isV6: isV6)
      let size = random.chance(10) ? random.int(60_000...140_000) : random.int(1...20_000)
      let payload = random.bytes(size)
      let packet = random.packet(addresses, 6, header.segment(addresses, payload))
      let limit = random.int(200...9_000)
      let segmentSize = random.chance(2) ? random.int(1...9_000) : 0
      guard size / (segmentSize > 0 ? segmentSize : 100) < 2_000 else { continue }
      let plan = try #require(self.plan(packet, limit, segmentSize), "round \(round)")
      try check(segments(plan, packet), plan, packet, header, payload, limit, segmentSize, round)
    }
  }

  private func check(
    _ segments: [[UInt8]], _ plan: Segmentation, _ packet: [UInt8], _ header: TCPBuilder, _ payload: [UInt8],
    _ limit: Int, _ segmentSize: Int, _ round: Int
  ) throws {
    let original = try #require(readIP(packet))
    var stream: [UInt8] = []
    for (index, bytes) in segments.enumerated() {
      let note = "round \(round), segment \(index) of \(segments.count)"
      try #require(bytes.count <= limit, "\(note)")
      let segment = try ReadPacket(bytes)
      try segment.verifyChecksum()
      let isFirst = index == 0
      let isLast = index == segments.count - 1

      var expected = header
      expected.sequence = header.sequence &+ UInt32(stream.count)
      if !isFirst { expected.flags &= 0x7F }
      if !isLast { expected.flags &= 0xF6 }
      if !isFirst, expected.flags & 0x20 != 0 {
        expected.urgent = UInt16(max(Int(header.urgent) - stream.count, 0))
        if expected.urgent == 0 { expected.flags &= 0xDF }
      }
      let carried = Array(segment.payload[segment.tcpHeaderByteCount...])
      try #require(segment.payload == expected.segment(segment.addresses, carried), "\(note)")
      try #require(!carried.isEmpty, "\(note)")
      if segmentSize > 0 { try #require(carried.count <= segmentSize, "\(note)") }
      // Nothing is wasted: all but the last are as large as they may be.
      let room = limit - bytes.count + carried.count
      if !isLast { try #require(carried.count == (segmentSize > 0 ? min(segmentSize, room) : room), "\(note)") }
      stream += carried

      try #require(segment.header == ipHeader(packet, original, index, bytes.count), "\(note)")
    }
    try #require(stream == payload, "round \(round)")
  }

  /// The IP header that segment `index` must have: the packet's own but for length, identification and checksum, and
  /// without the jumbo payload option.
  private func ipHeader(_ packet: [UInt8], _ original: IPPacket, _ index: Int, _ byteCount: Int) -> [UInt8] {
    var header = packet.slice(0, original.headerByteCount)
    if original.version == 4 {
      header.put(bigEndian(UInt16(byteCount)), at: 2)
      header.put(bigEndian(packet.word(4) &+ UInt16(index)), at: 4)
      header.put([0, 0], at: 10)
      header.put(bigEndian(NaiveChecksum.of(header)), at: 10)
      return header
    }
    if header.word(4) == 0, header[6] == 0 {
      header[6] = header[40]
      header.removeSubrange(40..<48)
    }
    header.put(bigEndian(UInt16(byteCount - 40)), at: 4)
    return header
  }

  /// One byte of room, none, and a payload that fits exactly.
  @Test func limitsThatLeaveNoRoomGiveNoPlan() throws {
    let packet = ipv4(6, TCPBuilder().segment(.v4, Array(1...10)))
    #expect(plan(packet, 40) == nil)
    #expect(plan(packet, 0) == nil)
    #expect(plan(packet, -50) == nil)
    #expect(try #require(plan(packet, 41)).count == 10)
    #expect(try #require(plan(packet, 49)).count == 2)
    #expect(try #require(plan(packet, 50)).count == 1)
    #expect(try #require(plan(packet, 9_000, 10)).count == 1)
    #expect(try #require(plan(packet, 9_000, 9)).count == 2)
  }

  /// As many segments as before, all of one size; a payload that cannot be shared so stays as it was.
  @Test(arguments: [(10, [5, 5]), (11, [9, 2]), (9, [9])] as [(Int, [Int])])
  func sharedEvenly(payload: Int, sizes: [Int]) throws {
    var header = TCPBuilder()
    header.flags = 0x18  // ACK, PSH
    let bytes = (0..<payload).map { UInt8($0) }
    let packet = ipv4(6, header.segment(.v4, bytes))
    var plan = try #require(self.plan(packet, 49))
    plan.shareEvenly()
    let made = try segments(plan, packet).map { try ReadPacket($0) }
    for segment in made { try segment.verifyChecksum() }
    #expect(made.map { $0.payload.count - 20 } == sizes)
    #expect(made.flatMap { $0.payload.dropFirst(20) } == bytes)
    #expect(made.last?.payload.long(4) == header.sequence + UInt32(payload - sizes[sizes.count - 1]))
    #expect(made.map { $0.payload[13] } == Array([0x10, 0x18].suffix(made.count)))
  }

  /// A limit beyond what an IP length can say is not used.
  @Test func noSegmentExceedsItsLengthField() throws {
    let packet = ipv4(6, totalLength: 0, TCPBuilder().segment(.v4, [UInt8](repeating: 1, count: 200_000)))
    let plan = try #require(self.plan(packet, 150_000))
    let made = segments(plan, packet)
    #expect(made.map(\.count).max() == 65_535)
    for segment in made { try ReadPacket(segment).verifyChecksum() }
  }

  @Test func whatCannotBeSegmented() throws {
    let whole = TCPBuilder().segment(.v4, Array(1...100))
    #expect(plan(ipv4(17, whole), 60) == nil)
    #expect(plan(ipv4(6, flags: 0x2000, whole), 60) == nil)
    #expect(plan(ipv4(6, flags: 0x0001, whole), 60) == nil)
    #expect(plan(Array(ipv4(6, whole).dropLast()), 60) == nil)
    // Without payload; with a TCP header that is too short, too long, or cut.
    #expect(plan(ipv4(6, TCPBuilder().segment(.v4, [])), 60) == nil)
    for offset: UInt8 in [0x00, 0x40, 0xF0] {
      var segment = TCPBuilder().segment(.v4, Array(1...20))
      segment[12] = offset
      #expect(plan(ipv4(6, segment), 60) == nil)
    }
    #expect(plan(ipv4(6, Array(whole.prefix(19))), 60) == nil)
  }
}
