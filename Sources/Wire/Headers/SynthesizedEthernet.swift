/// The Ethernet header made for a packet that was captured without one.
public struct SynthesizedEthernet: BitwiseCopyable, Equatable, Sendable {
  /// EtherType of the packet, host order.
  public let etherType: UInt16
  /// Destination address in the low 48 bits, first byte highest.
  public let destination: UInt64
  /// Source address in the low 48 bits, first byte highest.
  public let source: UInt64

  /// IEEE 802 Local Experimental EtherType 1: for packets whose protocol no EtherType names.
  public static let unnamedType: UInt16 = 0x88B5

  /// Makes the header for a frame of link layer `link` (not Ethernet); `interfaceAddress` is the MAC of the interface
  /// that captured it, in the low 48 bits.
  public init(_ frame: RawSpan, link: LinkLayer, interfaceAddress: UInt64) {
    guard frame.byteCount > link.headerByteCount else {
      self.init(etherType: Self.unnamedType, destination: 0, source: 0)
      return
    }
    switch link {
    case .ethernet, .rawIP, .null:
      let type = Self.etherType(ofIP: frame.uint8(at: link.headerByteCount)) ?? Self.unnamedType
      self.init(etherType: type, destination: 0, source: 0)
    case .linuxCooked:
      self.init(
        frame, protocolAt: 14, packetTypeAt: 1, addressLengthAt: 5, addressAt: 6, packetAt: 16, interfaceAddress)
    case .linuxCooked2:
      self.init(
        frame, protocolAt: 0, packetTypeAt: 10, addressLengthAt: 11, addressAt: 12, packetAt: 20, interfaceAddress)
    }
  }

  /// Bytes of the header on the wire.
  public static var byteCount: Int { EthernetHeader.byteCount }

  /// Writes the 14 bytes at `offset`. Traps if `out` is too short.
  public func emit(into out: inout MutableRawSpan, at offset: Int) {
    out.store(UInt16(truncatingIfNeeded: destination >> 32), at: offset)
    out.store(UInt32(truncatingIfNeeded: destination), at: offset + 2)
    out.store(UInt16(truncatingIfNeeded: source >> 32), at: offset + 6)
    out.store(UInt32(truncatingIfNeeded: source), at: offset + 8)
    out.store(etherType, at: offset + 12)
  }

  private init(etherType: UInt16, destination: UInt64, source: UInt64) {
    self.etherType = etherType
    self.destination = destination
    self.source = source
  }

  private init(
    _ frame: RawSpan, protocolAt: Int, packetTypeAt: Int, addressLengthAt: Int, addressAt: Int, packetAt: Int,
    _ interfaceAddress: UInt64
  ) {
    let type = frame.uint16(at: protocolAt)
    // Below 1536 it is not an EtherType but one of Linux's own numbers. 1 and 4 are IEEE 802.3 frames, whose field is
    // the length.
    if type >= 0x0600 {
      etherType = type
    } else if type == 1 || type == 4, frame.byteCount - packetAt < 0x0600 {
      etherType = UInt16(frame.byteCount - packetAt)
    } else {
      etherType = Self.unnamedType
    }
    let hasMAC = frame.uint8(at: addressLengthAt) == 6
    source = hasMAC ? UInt64(frame.uint16(at: addressAt)) << 32 | UInt64(frame.uint32(at: addressAt + 2)) : 0
    switch frame.uint8(at: packetTypeAt) {
    case 0: destination = interfaceAddress  // PACKET_HOST
    case 1: destination = 0xFFFF_FFFF_FFFF  // PACKET_BROADCAST
    case 2: destination = Self.multicastAddress(frame, type, at: packetAt)
    default: destination = 0  // PACKET_OTHERHOST, PACKET_OUTGOING
    }
  }

  private static func etherType(ofIP first: UInt8) -> UInt16? {
    switch first >> 4 {
    case 4: EtherType.ipv4
    case 6: EtherType.ipv6
    default: nil
    }
  }

  /// The group address of a multicast packet (RFC 1112 section 6.4, RFC 2464 section 7).
  private static func multicastAddress(_ frame: RawSpan, _ type: UInt16, at offset: Int) -> UInt64 {
    if type == EtherType.ipv4, frame.byteCount >= offset + IPv4Header.minimumByteCount {
      return 0x0100_5E00_0000 | UInt64(frame.read(IPv4Header.destination, at: offset) & 0x007F_FFFF)
    }
    if type == EtherType.ipv6, frame.byteCount >= offset + IPv6Header.byteCount {
      return 0x3333_0000_0000 | frame.read(IPv6Header.destinationLow, at: offset) & 0xFFFF_FFFF
    }
    return 0x0100_0000_0000
  }
}
