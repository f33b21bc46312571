/// The fragment header of IPv6 (RFC 8200 section 4.5).
public enum IPv6FragmentHeader {
  /// Its size in bytes.
  @inlinable public static var byteCount: Int { 8 }

  /// What stands behind it, in the first fragment.
  @inlinable public static var nextHeader: HeaderField<UInt8> { HeaderField(0) }
  /// Zero.
  @inlinable public static var reserved: HeaderField<UInt8> { HeaderField(1) }
  /// Offset in units of eight bytes in the upper 13 bits, M flag in the lowest.
  @inlinable public static var offsetAndMore: HeaderField<UInt16> { HeaderField(2) }
  /// What the fragments of a packet have in common.
  @inlinable public static var identification: HeaderField<UInt32> { HeaderField(4) }
  /// Of `offsetAndMore`: M, another fragment follows.
  @inlinable public static var moreFragments: UInt16 { 1 }

  /// Offset of the payload in the packet that fragments make up, in bytes.
  @inlinable public static func fragmentOffset(_ packet: RawSpan, at start: Int) -> Int {
    Int(packet.read(offsetAndMore, at: start) & 0xFFF8)
  }

  /// Whether the header makes the packet a fragment: an atomic fragment (RFC 6946) is none.
  @inlinable public static func isFragment(_ packet: RawSpan, at start: Int) -> Bool {
    packet.read(offsetAndMore, at: start) & 0xFFF9 != 0
  }
}
