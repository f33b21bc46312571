internal import Wire

/// How long a frame was before the forwarder cut its end off: the IP header says so, which a forwarder leaves as it is.
enum OriginalLength {
  /// Tags that are looked behind.
  private static let maximumTags = 4

  /// Bytes of `frame` as it was; what it has now where nothing was cut, or nothing says so.
  static func of(_ frame: RawSpan) -> Int {
    guard frame.byteCount >= EthernetHeader.byteCount else { return frame.byteCount }
    var type = frame.read(EthernetHeader.type)
    var offset = EthernetHeader.byteCount
    for _ in 0..<maximumTags where type == EtherType.vlan || type == EtherType.serviceVLAN {
      guard frame.byteCount >= offset + VLANTag.byteCount else { return frame.byteCount }
      type = frame.read(VLANTag.type, at: offset)
      offset += VLANTag.byteCount
    }
    switch type {
    case EtherType.ipv4 where frame.byteCount >= offset + IPv4Header.minimumByteCount:
      return max(frame.byteCount, offset + Int(frame.read(IPv4Header.totalLength, at: offset)))
    case EtherType.ipv6 where frame.byteCount >= offset + IPv6Header.byteCount:
      // Zero stands for a jumbogram or a super-frame, and means nothing here.
      let payload = Int(frame.read(IPv6Header.payloadLength, at: offset))
      return max(frame.byteCount, offset + IPv6Header.byteCount + payload)
    default:
      return frame.byteCount
    }
  }
}
