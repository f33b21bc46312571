/// A header field of two or four bytes and what is to stand in it.
public struct FieldValue: BitwiseCopyable, Equatable, Sendable {
  /// Offset of the field's first byte in the packet.
  public let offset: Int
  /// Bytes of the field: 2 or 4.
  public let byteCount: Int
  /// The value, host order; the field has it big-endian.
  public let value: UInt32

  /// A 16-bit field.
  @inlinable public init(_ value: UInt16, at offset: Int) {
    self.offset = offset
    byteCount = 2
    self.value = UInt32(value)
  }

  /// A 32-bit field.
  @inlinable public init(_ value: UInt32, at offset: Int) {
    self.offset = offset
    byteCount = 4
    self.value = value
  }

  /// Offset of the byte behind the field.
  @inlinable public var end: Int { offset + byteCount }

  /// Writes the field into a copy of the bytes `range` of the packet that stands at `position` of `out`: of a field that
  /// straddles the range, the part within.
  @inlinable
  public func emit(within range: Range<Int>, into out: inout MutableRawSpan, at position: Int) {
    if byteCount == 2, offset >= range.lowerBound, end <= range.upperBound {
      return out.store(UInt16(truncatingIfNeeded: value), at: position + offset - range.lowerBound)
    }
    var index = max(offset, range.lowerBound)
    while index < min(end, range.upperBound) {
      let byte = UInt8(truncatingIfNeeded: value >> UInt32(8 * (end - 1 - index)))
      out.store(byte, at: position + index - range.lowerBound)
      index += 1
    }
  }
}
