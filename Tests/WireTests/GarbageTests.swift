import TestSupport
import Testing
import Wire

/// Whatever arrives, nothing traps: each round goes through every parser and everything that can be made from it.
@Suite struct GarbageTests {
  private func exercise(_ bytes: [UInt8], _ random: inout SeededGenerator) {
    let header = EthernetHeader(bytes.span.bytes)
    let offset = min(header?.headerByteCount ?? 0, bytes.count)
    exerciseIP(Array(bytes[offset...]), header?.etherType ?? 0, &random)
    exerciseIP(bytes, EtherType.ipv4, &random)
    exerciseIP(bytes, EtherType.ipv6, &random)
    _ = FlowHash(ethernet: bytes.span.bytes, etherType: 0x88CC)
    for link: LinkLayer in [.ethernet, .rawIP, .null, .linuxCooked, .linuxCooked2] {
      let made = SynthesizedEthernet(bytes.span.bytes, link: link, interfaceAddress: 1)
      _ = emitted(14) { out, at in made.emit(into: &out, at: at) }
    }
    _ = try? VXLANHeader.parse(bytes.span.bytes)
  }

  private func exerciseIP(_ bytes: [UInt8], _ type: UInt16, _ random: inout SeededGenerator) {
    let network = bytes.span.bytes
    guard let packet = IPPacket(network, etherType: type) else { return }
    #expect(packet.headerByteCount <= packet.end && packet.end <= bytes.count)
    #expect(packet.unfragmentableByteCount <= packet.headerByteCount)
    _ = FlowHash(network, packet)
    if let open = PartialChecksum(detectedIn: network, packet) { _ = open.completed(network) }
    let start = random.int(-10...bytes.count + 10)
    if let open = PartialChecksum(network, packet, start: start, offset: random.int(-2...20)) {
      _ = open.completed(network)
    }
    let limit = random.int(-100...3_000)
    let size = random.int(0...2_000)
    if let plan = Segmentation(tcp: network, packet, maximumPacket: limit, segmentSize: size) {
      emitSome(plan, bytes, limit)
    }
    if let plan = Segmentation(udp: network, packet, segmentSize: size) {
      emitSome(plan, bytes, 65_535)
    }
    if let plan = Fragmentation(network, packet, maximumPacket: limit, identification: 1) {
      for index in sample(plan.count) {
        let header = emitted(plan.headerCount(index)) { out, at in
          plan.emitHeader(index, bytes.span.bytes, into: &out, at: at)
        }
        #expect(header.count + plan.payloadCount(index) <= limit)
      }
    }
  }

  private func emitSome(_ plan: Segmentation, _ bytes: [UInt8], _ limit: Int) {
    for index in sample(plan.count) {
      let header = emitted(plan.headerByteCount) { out, at in
        plan.emitHeader(index, bytes.span.bytes, into: &out, at: at)
      }
      #expect(header.count + plan.payloadCount(index) <= limit)
    }
  }

  /// The first ones and the last.
  private func sample(_ count: Int) -> Set<Int> { Set(0..<min(count, 3)).union([count - 1]) }

  @Test func randomBytes() {
    var random = SeededGenerator(seed: 15)
    for _ in 0..<3_000 { exercise(random.bytes(random.int(0...300)), &random) }
  }

  /// Bytes that pass for IP, so that more than the first check is reached.
  @Test func randomBytesThatBeginLikeIP() {
    var random = SeededGenerator(seed: 16)
    let protocols: [UInt8] = [0, 1, 6, 17, 43, 44, 51, 58, 59, 60, 135]
    for _ in 0..<3_000 {
      var bytes = random.bytes(random.int(40...400))
      if random.chance(2) {
        bytes[0] = 0x40 | UInt8(random.int(4...15))
        bytes[9] = random.pick(protocols)
        if random.chance(2) { bytes.put(bigEndian(UInt16(random.int(0...bytes.count))), at: 2) }
      } else {
        bytes[0] = 0x60
        bytes[6] = random.pick(protocols)
        bytes.put(bigEndian(UInt16(random.int(0...bytes.count - 40))), at: 4)
        for at in stride(from: 40, to: bytes.count - 8, by: 8) {
          bytes[at] = random.pick(protocols)
          bytes[at + 1] = UInt8(random.int(0...2))
        }
      }
      exercise(bytes, &random)
    }
  }

  /// Every prefix of real packets, and real packets with a few bytes changed.
  @Test func cutAndDamagedPackets() {
    var random = SeededGenerator(seed: 17)
    let jumbo = [6, 0, 0xC2, 4] + bigEndian(UInt32(100))
    let packets = [
      ipv4(6, options: hex("94040000"), random.tcpHeader().segment(.v4, random.bytes(60))),
      ipv4(17, udpDatagram(.v4, random.bytes(60))),
      ipv6(0, extensionHeader(next: 60) + extensionHeader(next: 6) + random.tcpHeader().segment(.v6, random.bytes(60))),
      ipv6(44, fragmentHeader(next: 17, offset: 0, more: true, identification: 1) + udpDatagram(.v6, random.bytes(64))),
      ipv6(0, payloadLength: 0, jumbo + random.tcpHeader().segment(.v6, random.bytes(60))),
    ]
    for packet in packets {
      for count in 0...packet.count {
        exercise(ethernet(Array(packet.prefix(count)) + (count == 0 ? [0] : [])), &random)
      }
      for _ in 0..<500 {
        var damaged = packet
        for _ in 0..<random.int(1...4) { damaged[random.int(0...damaged.count - 1)] = random.bytes(1)[0] }
        exercise(ethernet(damaged), &random)
      }
    }
  }
}
