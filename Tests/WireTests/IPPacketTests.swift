import TestSupport
import Testing
import Wire

@Suite struct IPPacketTests {
  @Test func plainIPv4() throws {
    let packet = try #require(readIP(ipv4(6, TCPBuilder().segment(.v4, [1, 2, 3]))))
    #expect(packet.version == 4)
    #expect(packet.upperProtocol == 6)
    #expect(packet.headerByteCount == 20)
    #expect(packet.unfragmentableByteCount == 20)
    #expect(packet.nextHeaderOffset == 9)
    #expect(packet.end == 43)
    #expect(!packet.isTruncated && !packet.isFragment)
    #expect(packet.jumboHeaderByteCount == 0)
  }

  @Test func ipv4Options() throws {
    let packet = try #require(readIP(ipv4(17, options: hex("94040000 01010100"), udpDatagram(.v4, [1]))))
    #expect(packet.headerByteCount == 28)
    #expect(packet.end == 37)
  }

  /// Checksums cover the final destination, which a routing header that is not used up yet holds (RFC 8200 section
  /// 8.1).
  @Test(arguments: [(0, 1, 16), (2, 1, 8), (4, 1, 8), (4, 0, -1), (9, 1, -1)])
  func routingHeader(type: Int, segmentsLeft: Int, finalAt: Int) throws {
    // Type 0 with two addresses, types 2 and 4 with one; other types are unknown.
    let addresses = (1...32).map { UInt8($0) }
    let held = type == 0 ? addresses : Array(addresses.prefix(16))
    let header = [6, UInt8(held.count / 8), UInt8(type), UInt8(segmentsLeft), 0, 0, 0, 0] + held
    let bytes = ipv6(43, header + TCPBuilder().segment(.v6, [1, 2, 3]))
    let packet = try #require(readIP(bytes))
    #expect(packet.upperProtocol == 6)
    var plain = ipv6(6, TCPBuilder().segment(.v6, [1, 2, 3]))
    if finalAt >= 0 {
      let start = type == 0 ? 16 : 0
      plain.replaceSubrange(24..<40, with: held[start..<start + 16])
    }
    let expected = try #require(readIP(plain)).pseudoHeader(plain.span.bytes, byteCount: 23).folded
    #expect(packet.pseudoHeader(bytes.span.bytes, byteCount: 23).folded == expected)
  }

  /// Short frames are padded behind the packet's end.
  @Test func paddingBehindThePacketIsNotPartOfIt() throws {
    let packet = try #require(readIP(ipv4(17, udpDatagram(.v4, [1])) + [UInt8](repeating: 0, count: 17)))
    #expect(packet.end == 29)
    #expect(!packet.isTruncated)
    let six = try #require(readIP(ipv6(17, udpDatagram(.v6, [1])) + [0, 0, 0]))
    #expect(six.end == 49)
  }

  @Test func aPacketLongerThanItsBytesIsTruncated() throws {
    let packet = try #require(readIP(Array(ipv4(17, udpDatagram(.v4, [1, 2, 3, 4])).dropLast())))
    #expect(packet.isTruncated)
    #expect(packet.end == 31)
    let six = try #require(readIP(Array(ipv6(17, udpDatagram(.v6, [1, 2, 3, 4])).dropLast())))
    #expect(six.isTruncated)
    #expect(six.end == 51)
  }

  @Test(arguments: [
    (UInt16(0x2000), true), (0x2001, true), (0x0001, true), (0x1FFF, true), (0x4000, false), (0x8000, false),
    (0, false),
  ])
  func ipv4Fragments(flags: UInt16, isFragment: Bool) throws {
    #expect(try #require(readIP(ipv4(17, flags: flags, [0, 0, 0, 0]))).isFragment == isFragment)
  }

  /// A total length of 0 stands for the frame's (IPv4 BIG TCP).
  @Test func aTotalLengthOfZeroIsTheFrames() throws {
    let segment = TCPBuilder().segment(.v4, [UInt8](repeating: 7, count: 70_000))
    let packet = try #require(readIP(ipv4(6, totalLength: 0, segment)))
    #expect(packet.end == 70_040)
    #expect(!packet.isTruncated)
  }

  @Test(
    arguments: [
      [], [0x45] + [UInt8](repeating: 0, count: 18),
      // Header length 4 words; 15 words of which 20 bytes are there; total length within the header; another version.
      ipv4(6, []).replacing(at: 0, 0x44), ipv4(6, []).replacing(at: 0, 0x4F), ipv4(6, totalLength: 19, []),
      ipv4(6, []).replacing(at: 0, 0x55),
    ] as [[UInt8]])
  func noIPv4(bytes: [UInt8]) {
    #expect(IPPacket(bytes.span.bytes, etherType: EtherType.ipv4) == nil)
  }

  @Test func noIPv6() {
    let short = Array(ipv6(6, []).prefix(39))
    #expect(IPPacket(short.span.bytes, etherType: EtherType.ipv6) == nil)
    let four = ipv4(6, [UInt8](repeating: 0, count: 40))
    #expect(IPPacket(four.span.bytes, etherType: EtherType.ipv6) == nil)
    #expect(IPPacket(four.span.bytes, etherType: EtherType.arp) == nil)
  }

  @Test func plainIPv6() throws {
    let packet = try #require(readIP(ipv6(6, TCPBuilder().segment(.v6, [1]))))
    #expect(packet.version == 6)
    #expect(packet.upperProtocol == 6)
    #expect(packet.headerByteCount == 40)
    #expect(packet.unfragmentableByteCount == 40)
    #expect(packet.nextHeaderOffset == 6)
    #expect(packet.end == 61)
  }

  /// Hop-by-hop, destination options, routing, destination options: every fragment repeats all up to routing.
  @Test func extensionHeaders() throws {
    let payload =
      extensionHeader(next: 60) + extensionHeader(next: 43, units: 1) + extensionHeader(next: 60)
      + extensionHeader(next: 17, units: 2) + udpDatagram(.v6, [1])
    let packet = try #require(readIP(ipv6(0, payload)))
    #expect(packet.upperProtocol == 17)
    #expect(packet.headerByteCount == 40 + 8 + 16 + 8 + 24)
    #expect(packet.unfragmentableByteCount == 40 + 8 + 16 + 8)
    #expect(packet.nextHeaderOffset == 40 + 8 + 16)
  }

  /// Its length counts four-byte units (RFC 4302 section 2.2).
  @Test func authenticationHeader() throws {
    let header: [UInt8] = [6, 4] + [UInt8](repeating: 0, count: 22)
    let packet = try #require(readIP(ipv6(51, header + TCPBuilder().segment(.v6, []))))
    #expect(packet.upperProtocol == 6)
    #expect(packet.headerByteCount == 64)
    #expect(packet.unfragmentableByteCount == 40)
  }

  @Test func ipv6Fragments() throws {
    let first = fragmentHeader(next: 60, offset: 0, more: true, identification: 9) + extensionHeader(next: 17)
    let packet = try #require(readIP(ipv6(0, extensionHeader(next: 44) + first)))
    #expect(packet.isFragment)
    // What follows the fragment header is not looked at: in later fragments it is not there.
    #expect(packet.upperProtocol == 60)
    #expect(packet.headerByteCount == 56)
    #expect(packet.unfragmentableByteCount == 48)
    #expect(packet.nextHeaderOffset == 40)
    let last = fragmentHeader(next: 17, offset: 3, more: false, identification: 9)
    #expect(try #require(readIP(ipv6(44, last))).isFragment)
  }

  /// A fragment header on a whole packet (RFC 6946).
  @Test func atomicFragment() throws {
    let header = fragmentHeader(next: 6, offset: 0, more: false, identification: 9)
    let packet = try #require(readIP(ipv6(44, header + TCPBuilder().segment(.v6, [1]))))
    #expect(!packet.isFragment)
    #expect(packet.upperProtocol == 6)
    #expect(packet.headerByteCount == 48)
    #expect(packet.unfragmentableByteCount == 40)
  }

  /// IPv6 BIG TCP as Linux makes it: hop-by-hop with nothing but the jumbo payload option.
  @Test func aJumbogramsLengthIsItsOptions() throws {
    let segment = TCPBuilder().segment(.v6, [UInt8](repeating: 7, count: 70_000))
    let hopByHop = [6, 0, 0xC2, 4] + bigEndian(UInt32(segment.count + 8))
    let packet = try #require(readIP(ipv6(0, payloadLength: 0, hopByHop + segment)))
    #expect(packet.jumboHeaderByteCount == 8)
    #expect(packet.upperProtocol == 6)
    #expect(packet.headerByteCount == 48)
    #expect(packet.end == 70_068)
    #expect(!packet.isTruncated)
  }

  @Test func jumbogramThatIsLongerThanItsFrame() throws {
    let hopByHop = [6, 0, 0xC2, 4] + bigEndian(UInt32.max)
    let packet = try #require(readIP(ipv6(0, payloadLength: 0, hopByHop + TCPBuilder().segment(.v6, [1]))))
    #expect(packet.isTruncated)
    #expect(packet.end == 69)
  }

  /// A jumbo payload length that ends within its own option is no length.
  @Test func jumbogramThatIsShorterThanItsOption() throws {
    let hopByHop = [6, 0, 0xC2, 4] + bigEndian(UInt32(7))
    let packet = try #require(readIP(ipv6(0, payloadLength: 0, hopByHop + TCPBuilder().segment(.v6, [1]))))
    #expect(packet.jumboHeaderByteCount == 0)
    #expect(packet.end == 69)
    #expect(packet.headerByteCount == 48)
  }

  /// Length 0 without the option: newer kernels' BIG TCP. With "no next header" it is an empty packet.
  @Test func lengthZero() throws {
    let big = try #require(readIP(ipv6(6, payloadLength: 0, TCPBuilder().segment(.v6, [1, 2]))))
    #expect(big.end == 62)
    #expect(big.jumboHeaderByteCount == 0)
    #expect(try #require(readIP(ipv6(59, payloadLength: 0, [0, 0]))).end == 40)
  }

  /// A chain that runs beyond the packet stops where it does.
  @Test func headerBeyondTheEnd() throws {
    let packet = try #require(readIP(ipv6(0, [6, 200] + [UInt8](repeating: 0, count: 20))))
    #expect(packet.upperProtocol == 0)
    #expect(packet.headerByteCount == 40)
  }

  @Test func manyHeadersAreNotFollowedForEver() throws {
    let chain = (0..<1_000).flatMap { _ in extensionHeader(next: 60) }
    let packet = try #require(readIP(ipv6(60, chain)))
    #expect(packet.headerByteCount == 40 + 8 * 8)
  }

  @Test(arguments: [Addresses.v4, Addresses.v6]) func pseudoHeader(addresses: Addresses) throws {
    let datagram = udpDatagram(addresses, [1, 2, 3])
    let bytes = addresses.isV6 ? ipv6(17, datagram) : ipv4(17, datagram)
    let packet = try #require(readIP(bytes))
    let sum = packet.pseudoHeader(bytes.span.bytes, byteCount: datagram.count).folded
    #expect(sum == NaiveChecksum.sum(addresses.pseudoHeader(17, datagram.count)))
  }
}

extension [UInt8] {
  fileprivate func replacing(at index: Int, _ byte: UInt8) -> [UInt8] {
    var copy = self
    copy[index] = byte
    return copy
  }
}
