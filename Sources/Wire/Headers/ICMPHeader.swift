/// The header of ICMP for IPv4 (RFC 792) and for IPv6 (RFC 4443).
public enum ICMPHeader {
  /// Bytes that every message has at least.
  @inlinable public static var minimumByteCount: Int { 4 }

  /// What the message is.
  @inlinable public static var type: HeaderField<UInt8> { HeaderField(0) }
  /// Which kind of it.
  @inlinable public static var code: HeaderField<UInt8> { HeaderField(1) }
}
