/// The Ethernet header of a frame with its VLAN tags: where the network packet begins and what it is.
public struct EthernetHeader: BitwiseCopyable, Equatable, Sendable {
  /// Bytes of an untagged header: two addresses and the EtherType.
  public static let byteCount = 14
  /// Bytes of one VLAN tag.
  public static let tagByteCount = 4
  /// Tags that are looked through; a frame with more keeps the last tag's type as its EtherType.
  public static let maximumTags = 4

  /// EtherType behind the last tag, host order. Values below 1536 are an IEEE 802.3 length.
  public let etherType: UInt16
  /// Bytes of the header with its tags, which is the offset of the network packet.
  public let headerByteCount: Int

  /// Reads the header at the start of `frame`; nil if the frame is shorter than its header.
  @inlinable public init?(_ frame: RawSpan) {
    guard frame.byteCount >= Self.byteCount else { return nil }
    var type = frame.uint16(at: 12)
    var offset = Self.byteCount
    var tags = 0
    while EtherType.isTag(type), tags < Self.maximumTags {
      guard frame.byteCount >= offset + Self.tagByteCount else { return nil }
      type = frame.uint16(at: offset + 2)
      offset += Self.tagByteCount
      tags += 1
    }
    etherType = type
    headerByteCount = offset
  }
}
