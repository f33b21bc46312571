/// A running CRC32c, the checksum of SCTP (RFC 9260 section 6.8 and appendix A): the Castagnoli polynomial, bits
/// reflected, beginning with all ones and complemented at the end.
public struct CRC32C: BitwiseCopyable, Sendable {
  private var register: UInt32 = 0xFFFF_FFFF

  /// The CRC of nothing yet.
  public init() {}

  /// Takes in `count` bytes of `bytes` from `offset` on. Traps outside the span.
  public mutating func add(_ bytes: RawSpan, from offset: Int, count: Int) {
    precondition(offset >= 0 && count >= 0 && count <= bytes.byteCount - offset)
    let tables = unsafe Self.tables
    var crc = register
    var at = offset
    let end = offset + count
    // The range was checked above, and an index of eight bits is within its table.
    while at &+ 8 <= end {
      let word = UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self))
      let low = UInt32(truncatingIfNeeded: word) ^ crc
      let high = UInt32(truncatingIfNeeded: word &>> 32)
      crc = unsafe tables[7 << 8 | Int(low & 0xFF)] ^ tables[6 << 8 | Int(low &>> 8 & 0xFF)]
      crc ^= unsafe tables[5 << 8 | Int(low &>> 16 & 0xFF)] ^ tables[4 << 8 | Int(low &>> 24)]
      crc ^= unsafe tables[3 << 8 | Int(high & 0xFF)] ^ tables[2 << 8 | Int(high &>> 8 & 0xFF)]
      crc ^= unsafe tables[1 << 8 | Int(high &>> 16 & 0xFF)] ^ tables[Int(high &>> 24)]
      at &+= 8
    }
    while at < end {
      crc = unsafe crc &>> 8 ^ tables[Int((crc ^ UInt32(bytes.uint8(at: at))) & 0xFF)]
      at &+= 1
    }
    register = crc
  }

  /// Takes in four bytes of zero, as which a checksum field counts.
  public mutating func addZeroField() {
    for _ in 0..<4 { register = unsafe register &>> 8 ^ Self.tables[Int(register & 0xFF)] }
  }

  /// The CRC as the field has it on the wire, read as a big-endian number: its lowest byte comes first.
  public var fieldValue: UInt32 { (~register).byteSwapped }

  /// Eight tables of 256 words, so that eight bytes are taken in at once (Kounavis and Berry, "A Systematic Approach to
  /// Building High Performance Software-Based CRC Generators", 2005): table k has the CRC of a byte with k bytes of
  /// zero behind it. Made at the first use, 8 KiB, never given back and never written to again.
  nonisolated(unsafe) private static let tables: UnsafePointer<UInt32> = {
    let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 << 8)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 != 0 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
      unsafe (tables + byte).initialize(to: crc)
    }
    for index in 256..<8 << 8 {
      let before = unsafe tables[index - 256]
      unsafe (tables + index).initialize(to: before >> 8 ^ tables[Int(before & 0xFF)])
    }
    return unsafe UnsafePointer(tables)
  }()
}
