/// Whether the checksums of a whole frame are right: that of the IPv4 header, and that of TCP, UDP, ICMP or ICMPv6 behind
/// it.
public enum ChecksumVerdict: String, Equatable, Sendable {
  /// All that can be checked are right.
  case good
  /// One is wrong.
  case bad
  /// The frame has none, or not all of what one covers: not IP, a fragment, cut short, UDP without one.
  case none = "-"

  /// Looks at an Ethernet frame of any length, VLAN tags in front of the packet among it.
  public init(_ frame: RawSpan) {
    self = .none
    guard frame.byteCount >= EthernetHeader.byteCount else { return }
    var type = frame.read(EthernetHeader.type)
    var offset = EthernetHeader.byteCount
    while EtherType.isTag(type), frame.byteCount >= offset + VLANTag.byteCount {
      type = frame.read(VLANTag.type, at: offset)
      offset += VLANTag.byteCount
    }
    let network = frame.extracting(offset..<frame.byteCount)
    guard let packet = IPPacket(network, etherType: type) else { return }
    if packet.version == 4 {
      var sum = InternetChecksum()
      sum.add(network, from: 0, count: IPv4Header.byteCount(network))
      self = Self.of(sum)
    }
    guard self != .bad, !packet.isFragment, !packet.isTruncated else { return }
    if let sum = Self.upperSum(network, packet) { self = Self.of(sum) }
  }

  /// A field and what it covers add up to all ones (RFC 1071).
  private static func of(_ sum: InternetChecksum) -> ChecksumVerdict { sum.folded == 0xFFFF ? .good : .bad }

  /// Of all that the upper layer's checksum covers, itself among it; nil where there is none.
  private static func upperSum(_ network: RawSpan, _ packet: IPPacket) -> InternetChecksum? {
    let start = packet.headerByteCount
    let size = packet.end - start
    var sum = packet.pseudoHeader(network, byteCount: size)
    switch packet.upperProtocol {
    case IPProtocol.tcp where size >= TCPHeader.minimumByteCount: break
    case IPProtocol.udp where size >= UDPHeader.byteCount:
      if packet.version == 4, network.read(UDPHeader.checksum, at: start) == 0 { return nil }
    case IPProtocol.icmp where size >= ICMPHeader.minimumByteCount: sum = InternetChecksum()
    case IPProtocol.icmpv6 where size >= ICMPHeader.minimumByteCount: break
    default: return nil
    }
    sum.add(network, from: start, count: size)
    return sum
  }
}
