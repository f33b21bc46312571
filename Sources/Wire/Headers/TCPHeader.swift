/// The TCP header (RFC 9293 section 3.1).
public enum TCPHeader {
  /// Bytes without options.
  @inlinable public static var minimumByteCount: Int { 20 }

  /// Number of the first payload byte.
  @inlinable public static var sequence: HeaderField<UInt32> { HeaderField(4) }
  /// Number of the next byte that is expected, where `ack` is set.
  @inlinable public static var acknowledgment: HeaderField<UInt32> { HeaderField(8) }
  /// Header length in units of four bytes in the upper four bits.
  @inlinable public static var dataOffset: HeaderField<UInt8> { HeaderField(12) }
  /// The flags below.
  @inlinable public static var flags: HeaderField<UInt8> { HeaderField(13) }
  /// The Internet checksum of pseudo-header, header and payload.
  @inlinable public static var checksum: HeaderField<UInt16> { HeaderField(16) }
  /// End of the urgent data, from the segment's own sequence number on.
  @inlinable public static var urgentPointer: HeaderField<UInt16> { HeaderField(18) }

  /// Of `flags`: no more data.
  @inlinable public static var fin: UInt8 { 0x01 }
  /// Of `flags`: the first segment of a direction.
  @inlinable public static var syn: UInt8 { 0x02 }
  /// Of `flags`: the connection is broken off.
  @inlinable public static var rst: UInt8 { 0x04 }
  /// Of `flags`: the acknowledgment number means something.
  @inlinable public static var ack: UInt8 { 0x10 }
  /// Of `flags`: hand it over now.
  @inlinable public static var psh: UInt8 { 0x08 }
  /// Of `flags`: the urgent pointer means something.
  @inlinable public static var urg: UInt8 { 0x20 }
  /// Of `flags`: congestion window reduced (RFC 3168 section 6.1.2).
  @inlinable public static var cwr: UInt8 { 0x80 }

  /// Bytes of the header with its options, as it says.
  @inlinable public static func byteCount(_ packet: RawSpan, at start: Int) -> Int {
    Int(packet.read(dataOffset, at: start) >> 4) * 4
  }
}
