/// The common header of SCTP (RFC 9260 section 3.1).
public enum SCTPHeader {
  /// Its size in bytes.
  @inlinable public static var byteCount: Int { 12 }

  /// CRC32c of the packet.
  @inlinable public static var checksum: HeaderField<UInt32> { HeaderField(8) }
}
