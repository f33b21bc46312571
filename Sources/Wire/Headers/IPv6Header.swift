/// The IPv6 header (RFC 8200 section 3).
public enum IPv6Header {
  /// Bytes without extension headers.
  @inlinable public static var byteCount: Int { 40 }

  /// Version in the upper four bits.
  @inlinable public static var versionAndClass: HeaderField<UInt8> { HeaderField(0) }
  /// Bytes behind this header; 0 in a jumbogram.
  @inlinable public static var payloadLength: HeaderField<UInt16> { HeaderField(4) }
  /// What stands behind this header.
  @inlinable public static var nextHeader: HeaderField<UInt8> { HeaderField(6) }
  /// The first half of the source address.
  @inlinable public static var sourceHigh: HeaderField<UInt64> { HeaderField(8) }
  /// The second half of the source address.
  @inlinable public static var sourceLow: HeaderField<UInt64> { HeaderField(16) }
  /// The first half of the destination address.
  @inlinable public static var destinationHigh: HeaderField<UInt64> { HeaderField(24) }
  /// The second half of the destination address.
  @inlinable public static var destinationLow: HeaderField<UInt64> { HeaderField(32) }
}
