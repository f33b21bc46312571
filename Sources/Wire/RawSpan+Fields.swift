// Every read and write of a header field goes through these: network byte order, any alignment, bounds checked.
// The standard library marks unaligned loads of a span unsafe because of bit patterns; every bit pattern of an
// integer is valid, and the bounds are checked, so these are safe.

extension RawSpan {
  /// The byte at `offset`. Traps outside the span.
  @inlinable @inline(__always)
  public func uint8(at offset: Int) -> UInt8 {
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// The big-endian 16-bit integer at `offset`. Traps outside the span.
  @inlinable @inline(__always)
  public func uint16(at offset: Int) -> UInt16 {
    UInt16(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// The big-endian 32-bit integer at `offset`. Traps outside the span.
  @inlinable @inline(__always)
  public func uint32(at offset: Int) -> UInt32 {
    UInt32(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The big-endian 64-bit integer at `offset`. Traps outside the span.
  @inlinable @inline(__always)
  public func uint64(at offset: Int) -> UInt64 {
    UInt64(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}

extension MutableRawSpan {
  /// Stores one byte. Traps outside the span.
  @inlinable @inline(__always)
  public mutating func store(_ value: UInt8, at offset: Int) {
    storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
  }

  /// Stores a 16-bit integer in network byte order. Traps outside the span.
  @inlinable @inline(__always)
  public mutating func store(_ value: UInt16, at offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
  }

  /// Stores a 32-bit integer in network byte order. Traps outside the span.
  @inlinable @inline(__always)
  public mutating func store(_ value: UInt32, at offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
  }

  /// Stores a 64-bit integer in network byte order. Traps outside the span.
  @inlinable @inline(__always)
  public mutating func store(_ value: UInt64, at offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt64.self)
  }

  /// Copies `count` bytes of `source`, from `sourceOffset` on, to `offset`. Traps outside either span.
  @inlinable @inline(__always)
  public mutating func copy(_ source: RawSpan, from sourceOffset: Int, count: Int, to offset: Int) {
    precondition(count >= 0 && sourceOffset >= 0 && count <= source.byteCount - sourceOffset)
    precondition(offset >= 0 && count <= byteCount - offset)
    // Both ranges were just checked.
    unsafe withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { bytes in
        guard count > 0 else { return }
        unsafe (target.baseAddress! + offset).copyMemory(from: bytes.baseAddress! + sourceOffset, byteCount: count)
      }
    }
  }
}
