/// The UDP header (RFC 768). The ports stand where TCP, SCTP, DCCP and UDP-Lite have theirs.
public enum UDPHeader {
  /// Its size in bytes.
  @inlinable public static var byteCount: Int { 8 }

  /// Source port.
  @inlinable public static var sourcePort: HeaderField<UInt16> { HeaderField(0) }
  /// Destination port.
  @inlinable public static var destinationPort: HeaderField<UInt16> { HeaderField(2) }
  /// Both ports, the source in the upper half.
  @inlinable public static var ports: HeaderField<UInt32> { HeaderField(0) }
  /// Bytes of header and payload.
  @inlinable public static var length: HeaderField<UInt16> { HeaderField(4) }
  /// The Internet checksum of pseudo-header, header and payload; 0: none.
  @inlinable public static var checksum: HeaderField<UInt16> { HeaderField(6) }
}
