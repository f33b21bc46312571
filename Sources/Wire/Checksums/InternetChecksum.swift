/// A running Internet checksum (RFC 1071): the one's complement sum of 16-bit words.
///
/// Words are added in memory order and swapped once at the end, which RFC 1071 section 2(B) allows: the sum of
/// swapped words is the swapped sum. Every range added must therefore begin at an even distance from the start of
/// what is summed.
public struct InternetChecksum: BitwiseCopyable, Sendable {
  /// Sum of 32-bit little chunks in memory order; 64 bits hold 2^32 of them, far more than any packet has.
  @usableFromInline var accumulator: UInt64

  /// An empty sum.
  @inlinable public init() { accumulator = 0 }

  /// Adds `count` bytes of `bytes` from `offset` on; an odd last byte is padded with zero. Traps outside the span.
  @inlinable
  public mutating func add(_ bytes: RawSpan, from offset: Int, count: Int) {
    precondition(offset >= 0 && count >= 0 && count <= bytes.byteCount - offset)
    var at = offset
    let end = offset + count
    // The range was checked above. Each 64-bit lane gives its two halves to an accumulator each: three instructions a
    // vector, where the loop that the compiler vectorises by itself spends its time on widening (bench/README.md).
    var low = SIMD4<UInt64>.zero
    var high = SIMD4<UInt64>.zero
    let half = SIMD4<UInt64>(repeating: 0xFFFF_FFFF)
    let wide = offset + (count & ~31)
    while at < wide {
      let lanes = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: SIMD4<UInt64>.self)
      low &+= lanes & half
      high &+= lanes &>> 32
      at &+= 32
    }
    var sum = low.wrappedSum() &+ high.wrappedSum()
    while at &+ 4 <= end {
      sum &+= UInt64(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt32.self))
      at &+= 4
    }
    if end - at >= 2 {
      sum &+= UInt64(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt16.self))
      at &+= 2
    }
    if at < end {
      // The padding byte follows in memory, so the last byte is the first of its word.
      sum &+= UInt64(UInt16(bytes.uint8(at: at)).littleEndian)
    }
    accumulator &+= sum
  }

  /// Adds one 16-bit word given in host order.
  @inlinable public mutating func add(_ word: UInt16) { accumulator &+= UInt64(word.bigEndian) }

  /// Adds a 32-bit value given in host order, as two words.
  @inlinable public mutating func add(_ value: UInt32) { accumulator &+= UInt64(value.bigEndian) }

  /// The sum folded to 16 bits, host order, not complemented.
  @inlinable public var folded: UInt16 {
    var sum = (accumulator & 0xFFFF_FFFF) &+ (accumulator >> 32)
    sum = (sum & 0xFFFF) &+ (sum >> 16)
    sum = (sum & 0xFFFF) &+ (sum >> 16)
    sum = (sum & 0xFFFF) &+ (sum >> 16)
    return UInt16(bigEndian: UInt16(truncatingIfNeeded: sum))
  }

  /// The value for a checksum field, host order: the complement of the folded sum.
  @inlinable public var checksum: UInt16 { ~folded }

  /// The value for a UDP checksum field, host order: zero means "none", so a computed zero is sent as all ones (RFC
  /// 768).
  @inlinable public var udpChecksum: UInt16 {
    let value = checksum
    return value == 0 ? 0xFFFF : value
  }
}
