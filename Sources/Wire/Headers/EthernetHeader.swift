/// The Ethernet header of a frame with its VLAN tags: where the network packet begins and what it is.
public struct EthernetHeader: BitwiseCopyable, Equatable, Sendable {
  /// Bytes of an untagged header: two addresses and the EtherType.
  @inlinable public static var byteCount: Int { 14 }
  /// Tags that are looked through; a frame with more keeps the last tag's type as its EtherType.
  @inlinable public static var maximumTags: Int { 4 }

  /// EtherType, or the type of the outermost tag.
  @inlinable public static var type: HeaderField<UInt16> { HeaderField(12) }
  /// Offset of the destination address.
  @inlinable public static var destinationOffset: Int { 0 }
  /// Offset of the source address.
  @inlinable public static var sourceOffset: Int { 6 }

  /// EtherType behind the last tag, host order. Values below 1536 are an IEEE 802.3 length.
  public let etherType: UInt16
  /// Bytes of the header with its tags, which is the offset of the network packet.
  public let headerByteCount: Int

  /// Reads the header at the start of `frame`; nil if the frame is shorter than its header.
  @inlinable public init?(_ frame: RawSpan) {
    guard frame.byteCount >= Self.byteCount else { return nil }
    var type = frame.read(Self.type)
    var offset = Self.byteCount
    var tags = 0
    while EtherType.isTag(type), tags < Self.maximumTags {
      guard frame.byteCount >= offset + VLANTag.byteCount else { return nil }
      type = frame.read(VLANTag.type, at: offset)
      offset += VLANTag.byteCount
      tags += 1
    }
    etherType = type
    headerByteCount = offset
  }

  /// The two addresses of a header of 12 bytes at least, each in the low 48 bits, the first byte highest.
  @inlinable public static func addresses(_ frame: RawSpan) -> (destination: UInt64, source: UInt64) {
    // Eight bytes each, of which the address is six: the first in front, the second behind.
    let first: UInt64 = frame.read(HeaderField(destinationOffset))
    let last: UInt64 = frame.read(HeaderField(sourceOffset - 2))
    return (first >> 16, last & 0xFFFF_FFFF_FFFF)
  }
}
