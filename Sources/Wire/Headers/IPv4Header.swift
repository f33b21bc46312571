/// The IPv4 header (RFC 791 section 3.1).
public enum IPv4Header {
  /// Bytes without options.
  @inlinable public static var minimumByteCount: Int { 20 }
  /// The largest packet its length field can name, in bytes.
  @inlinable public static var maximumPacket: Int { 65_535 }

  /// Version in the upper four bits, header length in units of four bytes in the lower.
  @inlinable public static var versionAndLength: HeaderField<UInt8> { HeaderField(0) }
  /// Bytes of header and payload; 0 in a super-frame beyond 64 KiB (BIG TCP).
  @inlinable public static var totalLength: HeaderField<UInt16> { HeaderField(2) }
  /// What the fragments of a packet have in common.
  @inlinable public static var identification: HeaderField<UInt16> { HeaderField(4) }
  /// Three flags, and the fragment's offset in units of eight bytes.
  @inlinable public static var flagsAndOffset: HeaderField<UInt16> { HeaderField(6) }
  /// Number of the upper-layer protocol.
  @inlinable public static var upperProtocol: HeaderField<UInt8> { HeaderField(9) }
  /// The Internet checksum of the header.
  @inlinable public static var checksum: HeaderField<UInt16> { HeaderField(10) }
  /// Source address.
  @inlinable public static var source: HeaderField<UInt32> { HeaderField(12) }
  /// Destination address.
  @inlinable public static var destination: HeaderField<UInt32> { HeaderField(16) }

  /// Of `flagsAndOffset`: reserved.
  @inlinable public static var reservedFlag: UInt16 { 0x8000 }
  /// Of `flagsAndOffset`: DF.
  @inlinable public static var dontFragment: UInt16 { 0x4000 }
  /// Of `flagsAndOffset`: MF.
  @inlinable public static var moreFragments: UInt16 { 0x2000 }
  /// Of `flagsAndOffset`: the offset.
  @inlinable public static var offsetMask: UInt16 { 0x1FFF }

  /// The IP version that the first byte of a packet names.
  @inlinable public static func version(_ packet: RawSpan, at start: Int = 0) -> UInt8 {
    packet.read(versionAndLength, at: start) >> 4
  }

  /// Bytes of the header with its options, as it says.
  @inlinable public static func byteCount(_ packet: RawSpan, at start: Int = 0) -> Int {
    Int(packet.read(versionAndLength, at: start) & 0x0F) * 4
  }

  /// Offset of the payload in the packet that fragments make up, in bytes.
  @inlinable public static func fragmentOffset(_ packet: RawSpan) -> Int {
    Int(packet.read(flagsAndOffset) & offsetMask) * 8
  }

  /// Whether the packet is a fragment of a larger one.
  @inlinable public static func isFragment(_ packet: RawSpan) -> Bool {
    packet.read(flagsAndOffset) & (moreFragments | offsetMask) != 0
  }

  /// Computes and writes the checksum of the header of `byteCount` bytes at `start`, whose other fields are final.
  @inlinable
  public static func completeChecksum(_ out: inout MutableRawSpan, at start: Int, byteCount: Int) {
    out.write(0, checksum, at: start)
    var sum = InternetChecksum()
    sum.add(out.bytes, from: start, count: byteCount)
    out.write(sum.checksum, checksum, at: start)
  }

  /// The next option at or behind `position` that every fragment repeats (RFC 791 section 3.1: the copied flag), of a
  /// header of `byteCount` bytes; nil behind the last, or where the list is malformed.
  @inlinable
  public static func copiedOption(_ packet: RawSpan, byteCount: Int, from position: Int) -> Range<Int>? {
    var at = position
    while at < byteCount {
      let kind = packet.uint8(at: at)
      if kind == 0 { return nil }  // end of the list
      if kind == 1 {  // padding
        at += 1
        continue
      }
      guard at + 1 < byteCount else { return nil }
      let length = Int(packet.uint8(at: at + 1))
      guard length >= 2, at + length <= byteCount else { return nil }
      if kind & 0x80 != 0 { return at..<at + length }
      at += length
    }
    return nil
  }
}
