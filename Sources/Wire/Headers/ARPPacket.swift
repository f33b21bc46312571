/// A packet of the Address Resolution Protocol for IPv4 over Ethernet (RFC 826).
public enum ARPPacket {
  /// Its size in bytes.
  @inlinable public static var byteCount: Int { 28 }

  /// 1 is a request, 2 a reply.
  @inlinable public static var operation: HeaderField<UInt16> { HeaderField(6) }
  /// Offset of the sender's Ethernet address.
  @inlinable public static var senderHardware: Int { 8 }
  /// Offset of the sender's IPv4 address.
  @inlinable public static var senderAddress: Int { 14 }
  /// Offset of the IPv4 address that is asked for, or answered.
  @inlinable public static var targetAddress: Int { 24 }
}
