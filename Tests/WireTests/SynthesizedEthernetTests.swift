import TestSupport
import Testing
import Wire

/// The Ethernet header of frames captured without one, byte for byte.
@Suite struct SynthesizedEthernetTests {
  private static let own: UInt64 = 0x02AA_BBCC_DDEE
  private static let packet = ipv4(17, udpDatagram(.v4, [1]))

  private func header(_ frame: [UInt8], _ link: LinkLayer) -> [UInt8] {
    let made = SynthesizedEthernet(frame.span.bytes, link: link, interfaceAddress: Self.own)
    return emitted(14) { out, offset in made.emit(into: &out, at: offset) }
  }

  /// LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address, protocol.
  private func cooked(_ kind: UInt16, type: UInt16, addressLength: UInt16 = 6, _ packet: [UInt8]) -> [UInt8] {
    bigEndian(kind) + [0, 1] + bigEndian(addressLength) + [2, 1, 1, 1, 1, 1, 0, 0] + bigEndian(type) + packet
  }

  /// LINKTYPE_LINUX_SLL2: protocol, reserved, interface, ARPHRD, packet type, address length, address.
  private func cooked2(_ kind: UInt8, type: UInt16, addressLength: UInt8 = 6, _ packet: [UInt8]) -> [UInt8] {
    bigEndian(type) + [0, 0, 0, 0, 0, 2, 0, 1, kind, addressLength, 2, 1, 1, 1, 1, 1, 0, 0] + packet
  }

  @Test(arguments: [
    // Incoming: to the interface, from the sender.
    (UInt8(0), "02AABBCCDDEE 020101010101 0800"),
    (1, "FFFFFFFFFFFF 020101010101 0800"),
    // For somebody else, and outgoing: the receiver is not known.
    (3, "000000000000 020101010101 0800"),
    (4, "000000000000 020101010101 0800"),
  ])
  func cookedDirections(kind: UInt8, bytes: String) {
    #expect(header(cooked(UInt16(kind), type: 0x0800, Self.packet), .linuxCooked) == hex(bytes))
    #expect(header(cooked2(kind, type: 0x0800, Self.packet), .linuxCooked2) == hex(bytes))
  }

  @Test func multicastAddressesComeFromThePacket() {
    let v4 = ipv4(Addresses([10, 0, 0, 1], [239, 255, 1, 2]), 17, [])
    #expect(header(cooked(2, type: 0x0800, v4), .linuxCooked) == hex("01005E7F0102 020101010101 0800"))
    let v6 = ipv6(Addresses(Addresses.v6.source, hex("ff020000 00000000 00000001 ff000002")), 58, [])
    #expect(header(cooked2(2, type: 0x86DD, v6), .linuxCooked2) == hex("3333FF000002 020101010101 86DD"))
    let other = header(cooked2(2, type: 0x88CC, [1, 2, 3]), .linuxCooked2)
    #expect(other == hex("010000000000 020101010101 88CC"))
  }

  /// A multicast packet cut before its destination address.
  @Test func multicastCutShort() {
    let frame = cooked(2, type: 0x0800, Array(ipv4(17, []).prefix(19)))
    #expect(header(frame, .linuxCooked) == hex("010000000000 020101010101 0800"))
  }

  @Test func withoutAnAddress() {
    let frame = cooked2(4, type: 0x0800, addressLength: 0, Self.packet)
    #expect(header(frame, .linuxCooked2) == hex("000000000000 000000000000 0800"))
  }

  /// What has no EtherType: IEEE 802.3 frames carry their length, the rest a type of its own.
  @Test func linuxProtocolNumbers() {
    let llc: [UInt8] = [0x42, 0x42, 0x03] + [UInt8](repeating: 0, count: 35)
    #expect(header(cooked(0, type: 4, llc), .linuxCooked) == hex("02AABBCCDDEE 020101010101 0026"))
    #expect(header(cooked2(0, type: 1, llc), .linuxCooked2) == hex("02AABBCCDDEE 020101010101 0026"))
    #expect(header(cooked(0, type: 0x000C, llc), .linuxCooked) == hex("02AABBCCDDEE 020101010101 88B5"))
    // A length of 1536 would be an EtherType.
    let long = [UInt8](repeating: 0, count: 0x600)
    #expect(header(cooked(0, type: 4, long), .linuxCooked) == hex("02AABBCCDDEE 020101010101 88B5"))
  }

  @Test func rawPacketsTellIPByItsVersion() {
    #expect(header(Self.packet, .rawIP) == hex("000000000000 000000000000 0800"))
    #expect(header(ipv6(17, [1]), .rawIP) == hex("000000000000 000000000000 86DD"))
    #expect(header([0x12, 0x34], .rawIP) == hex("000000000000 000000000000 88B5"))
    #expect(header([], .rawIP) == hex("000000000000 000000000000 88B5"))
  }

  /// The address family's byte order is the capturing host's, so the packet itself tells the version.
  @Test func nullLinksTellIPByItsVersion() {
    #expect(header([2, 0, 0, 0] + Self.packet, .null) == hex("000000000000 000000000000 0800"))
    #expect(header([0, 0, 0, 30] + ipv6(17, [1]), .null) == hex("000000000000 000000000000 86DD"))
    #expect(header([2, 0, 0, 0], .null) == hex("000000000000 000000000000 88B5"))
  }
}
