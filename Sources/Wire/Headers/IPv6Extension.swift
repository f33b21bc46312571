/// The extension headers of IPv6 that can be stepped over (RFC 8200 section 4).
public enum IPv6Extension {
  /// What stands behind this header.
  @inlinable public static var nextHeader: HeaderField<UInt8> { HeaderField(0) }
  /// Length, in units that depend on the kind.
  @inlinable public static var length: HeaderField<UInt8> { HeaderField(1) }
  /// Of a routing header: how its data is laid out.
  @inlinable public static var routingType: HeaderField<UInt8> { HeaderField(2) }
  /// Of a routing header: nodes that are still to be visited.
  @inlinable public static var segmentsLeft: HeaderField<UInt8> { HeaderField(3) }
  /// Of a hop-by-hop header: kind and length of its first option, in one.
  @inlinable public static var firstOption: HeaderField<UInt16> { HeaderField(2) }
  /// Of a jumbo payload option that comes first (RFC 2675 section 2): bytes behind the IPv6 header.
  @inlinable public static var jumboLength: HeaderField<UInt32> { HeaderField(4) }
  /// `firstOption` of a jumbo payload option: type 0xC2, four bytes of data.
  @inlinable public static var jumboOption: UInt16 { 0xC204 }
  /// Bytes that every extension header has at least.
  @inlinable public static var minimumByteCount: Int { 8 }

  /// Bytes of the extension header of kind `number` at `start`; nil if it is none, or does not say how long it is. Its
  /// first two bytes must be there.
  @inlinable
  public static func byteCount(_ number: UInt8, _ packet: RawSpan, at start: Int) -> Int? {
    switch number {
    case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions, IPProtocol.mobility:
      (Int(packet.read(length, at: start)) + 1) * 8
    case IPProtocol.authentication:
      (Int(packet.read(length, at: start)) + 2) * 4
    case IPProtocol.fragment:
      IPv6FragmentHeader.byteCount
    default:
      nil
    }
  }
}
