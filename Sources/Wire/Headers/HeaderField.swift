/// A field of a protocol header: an unsigned integer in network byte order, so many bytes behind the header's first.
///
/// Each header's file names its fields once; they are read and written through these names and nowhere by number.
public struct HeaderField<Value: FixedWidthInteger & BitwiseCopyable & Sendable>: BitwiseCopyable, Sendable {
  /// Bytes from the start of the header.
  public let offset: Int

  /// A field that begins `offset` bytes behind the first of its header.
  @inlinable @inline(__always) public init(_ offset: Int) { self.offset = offset }
}

extension RawSpan {
  /// The value, host order, of a field of the header that begins at `start`. Traps outside the span.
  @inlinable @inline(__always)
  public func read<Value>(_ field: HeaderField<Value>, at start: Int = 0) -> Value {
    // Checked against the span's bounds; any bits are a valid integer.
    Value(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: start + field.offset, as: Value.self))
  }
}

extension MutableRawSpan {
  /// Writes a field of the header that begins at `start`, `value` in host order. Traps outside the span.
  @inlinable @inline(__always)
  public mutating func write<Value>(_ value: Value, _ field: HeaderField<Value>, at start: Int = 0) {
    storeBytes(of: value.bigEndian, toByteOffset: start + field.offset, as: Value.self)
  }
}
