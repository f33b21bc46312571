/// The 8-byte VXLAN header (RFC 7348 section 5): flags, three reserved bytes, the VNI, one reserved byte.
public struct VXLANHeader: BitwiseCopyable, Equatable, Sendable {
  /// Size on the wire in bytes.
  @inlinable public static var byteCount: Int { 8 }
  /// The IANA-assigned UDP destination port.
  public static let port: UInt16 = 4789
  /// The largest VXLAN network identifier: 24 bits.
  public static let maximumVNI: UInt32 = 0xFF_FFFF

  /// Flags; all but `identifierFlag` are reserved.
  @inlinable public static var flags: HeaderField<UInt8> { HeaderField(0) }
  /// The network identifier in the upper 24 bits, the rest reserved.
  @inlinable public static var identifier: HeaderField<UInt32> { HeaderField(4) }
  /// Of `flags`: the I flag, there is a network identifier.
  @inlinable public static var identifierFlag: UInt8 { 0x08 }

  /// VXLAN network identifier, 0 ... `maximumVNI`, host byte order.
  public let vni: UInt32

  /// Bits above the 24 of a VNI are dropped.
  @inlinable public init(vni: UInt32) {
    self.vni = vni & Self.maximumVNI
  }

  /// The header as it goes on the wire, as one integer in memory order: only the I flag is set, every reserved bit
  /// is zero (RFC 7348 section 5; strict receivers drop anything else).
  @inlinable public var wireBytes: UInt64 {
    (0x0800_0000_0000_0000 | (UInt64(vni) << 8)).bigEndian
  }

  /// Reads a header from the first 8 bytes. Reserved bits are ignored, as RFC 7348 section 5 asks of a receiver.
  ///
  /// - Throws: `WireError.truncated`, or `WireError.invalidFlags` if the I flag is not set.
  @inlinable public static func parse(_ bytes: RawSpan) throws(WireError) -> VXLANHeader {
    guard bytes.byteCount >= byteCount else { throw .truncated(needed: byteCount, had: bytes.byteCount) }
    let flags = bytes.read(Self.flags)
    guard flags & Self.identifierFlag != 0 else { throw .invalidFlags(flags) }
    return VXLANHeader(vni: bytes.read(identifier) >> 8)
  }
}
