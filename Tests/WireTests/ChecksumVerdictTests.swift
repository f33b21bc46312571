import TestSupport
import Testing
import Wire

@Suite struct ChecksumVerdictTests {
  private static let ethernet: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]

  private func verdict(_ packet: [UInt8], tags: [UInt8] = []) -> ChecksumVerdict {
    let type: [UInt8] = packet[0] >> 4 == 4 ? [0x08, 0x00] : [0x86, 0xDD]
    return ChecksumVerdict((Self.ethernet + tags + type + packet).span.bytes)
  }

  @Test(arguments: [Addresses.v4, .v6], [UInt8(6), 17]) func everyWrongByteShows(addresses: Addresses, number: UInt8) {
    var random = SeededGenerator(seed: 15)
    let payload = random.bytes(37)
    let upper = number == 6 ? TCPBuilder().segment(addresses, payload) : udpDatagram(addresses, payload)
    let packet = addresses.isV6 ? ipv6(addresses, number, upper) : ipv4(addresses, number, upper)
    #expect(verdict(packet) == .good)
    // Padding is not summed, tags are stepped over.
    #expect(verdict(packet + [1, 2, 3]) == .good)
    #expect(verdict(packet, tags: [0x88, 0xA8, 0, 5, 0x81, 0, 0, 7]) == .good)
    let header = addresses.isV6 ? 40 : 20
    for index in header..<packet.count {
      var wrong = packet
      wrong[index] ^= 0x10
      #expect(verdict(wrong) == .bad, "byte \(index)")
    }
  }

  @Test func theHeaderOfIPv4HasItsOwn() {
    var packet = ipv4(17, udpDatagram(.v4, [1, 2, 3]))
    packet[8] ^= 1
    #expect(verdict(packet) == .bad)
  }

  @Test func nothingIsSaidOfWhatCannotBeChecked() {
    #expect(verdict(ipv4(17, udpDatagram(.v4, [1, 2, 3], hasChecksum: false))) == .good, "the header's alone")
    #expect(verdict(ipv6(.v6, 17, udpDatagram(.v6, [1, 2, 3], hasChecksum: false))) == .bad, "RFC 8200 section 8.1")
    #expect(verdict(ipv6(.v6, 200, [1, 2, 3])) == .none)
    #expect(verdict(Array(ipv6(.v6, 17, udpDatagram(.v6, [1, 2, 3])).dropLast())) == .none)
    #expect(ChecksumVerdict((Self.ethernet + [0x08, 0x06] + [UInt8](repeating: 0, count: 28)).span.bytes) == .none)
  }

  @Test func anyBytesAreTaken() {
    var random = SeededGenerator(seed: 16)
    for _ in 0..<20_000 {
      var frame = random.bytes(random.int(0...80))
      // Often enough far into the packet.
      if frame.count > 14 {
        frame.replaceSubrange(12..<14, with: random.int(0...1) == 0 ? [0x08, 0x00] : [0x86, 0xDD])
        frame[14] = random.int(0...1) == 0 ? 0x45 : 0x60
      }
      _ = ChecksumVerdict(frame.span.bytes)
    }
  }
}
