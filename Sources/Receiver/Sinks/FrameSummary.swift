internal import System
public import Wire

/// One line about an inner frame, for people: time (UTC), VNI, source -> destination, protocol, what the protocol
/// says, length. Malformed bytes give a line that says so.
public enum FrameSummary {
  /// The line, without a line end.
  ///
  /// - Parameters:
  ///   - frame: an Ethernet frame, of any length.
  ///   - header: the VXLAN header it came under.
  ///   - timestamp: nanoseconds since 1970, UTC.
  public static func line(_ frame: RawSpan, header: VXLANHeader, timestamp: UInt64) -> String {
    "\(UTCTime.timeOfDay(timestamp)) vni \(header.vni) \(ethernet(frame)) \(frame.byteCount) bytes"
  }

  private static func ethernet(_ frame: RawSpan) -> String {
    guard frame.byteCount >= EthernetHeader.byteCount else { return "malformed Ethernet" }
    var type = frame.read(EthernetHeader.type)
    var offset = EthernetHeader.byteCount
    var tags = ""
    while type == EtherType.vlan || type == EtherType.serviceVLAN {
      guard frame.byteCount >= offset + VLANTag.byteCount else { return tags + "malformed VLAN tag" }
      tags += "vlan \(frame.read(VLANTag.control, at: offset) & VLANTag.identifierMask) "
      type = frame.read(VLANTag.type, at: offset)
      offset += VLANTag.byteCount
    }
    let payload = frame.extracting(offset..<frame.byteCount)
    switch type {
    case EtherType.ipv4: return tags + ipv4(payload)
    case EtherType.ipv6: return tags + ipv6(payload)
    case EtherType.arp: return tags + arp(payload)
    default:
      return
        "\(tags)\(mac(frame, at: EthernetHeader.sourceOffset)) -> \(mac(frame, at: EthernetHeader.destinationOffset)) ethertype 0x\(hex(type, width: 4))"
    }
  }

  /// RFC 826, for IPv4 over Ethernet.
  private static func arp(_ packet: RawSpan) -> String {
    guard packet.byteCount >= ARPPacket.byteCount else { return "malformed ARP" }
    let sender = ipv4Address(packet, at: ARPPacket.senderAddress)
    let target = ipv4Address(packet, at: ARPPacket.targetAddress)
    switch packet.read(ARPPacket.operation) {
    case 1: return "\(sender) -> \(target) ARP request"
    case 2: return "\(sender) -> \(target) ARP reply \(sender) is at \(mac(packet, at: ARPPacket.senderHardware))"
    case let operation: return "\(sender) -> \(target) ARP operation \(operation)"
    }
  }

  /// RFC 791.
  private static func ipv4(_ packet: RawSpan) -> String {
    guard packet.byteCount >= IPv4Header.minimumByteCount, IPv4Header.version(packet) == 4 else {
      return "malformed IPv4"
    }
    let source = ipv4Address(packet, at: IPv4Header.source.offset)
    let destination = ipv4Address(packet, at: IPv4Header.destination.offset)
    let headerBytes = IPv4Header.byteCount(packet)
    guard headerBytes >= IPv4Header.minimumByteCount, packet.byteCount >= headerBytes else {
      return "\(source) -> \(destination) malformed IPv4"
    }
    let fragmentOffset = IPv4Header.fragmentOffset(packet)
    // What is behind the total length is padding; zero stands for a super-frame (BIG TCP).
    let totalBytes = Int(packet.read(IPv4Header.totalLength))
    let end = totalBytes == 0 ? packet.byteCount : max(headerBytes, min(totalBytes, packet.byteCount))
    return transport(
      packet.extracting(headerBytes..<end), number: packet.read(IPv4Header.upperProtocol),
      fragmentOffset: fragmentOffset, source: source, destination: destination)
  }

  /// RFC 8200; steps over the extension headers that say how long they are.
  private static func ipv6(_ bytes: RawSpan) -> String {
    guard bytes.byteCount >= IPv6Header.byteCount, bytes.read(IPv6Header.versionAndClass) >> 4 == 6 else {
      return "malformed IPv6"
    }
    // What is behind the payload length is padding; zero stands for a jumbogram or a super-frame.
    let payloadBytes = Int(bytes.read(IPv6Header.payloadLength))
    let packet =
      payloadBytes == 0 ? bytes : bytes.extracting(0..<min(IPv6Header.byteCount + payloadBytes, bytes.byteCount))
    let source = ipv6Address(packet, at: IPv6Header.sourceHigh.offset)
    let destination = ipv6Address(packet, at: IPv6Header.destinationHigh.offset)
    var number = packet.read(IPv6Header.nextHeader)
    var offset = IPv6Header.byteCount
    var fragmentOffset = 0
    while offset + IPv6Extension.minimumByteCount <= packet.byteCount,
      let step = IPv6Extension.byteCount(number, packet, at: offset)
    {
      if number == IPProtocol.fragment, fragmentOffset == 0 {
        fragmentOffset = IPv6FragmentHeader.fragmentOffset(packet, at: offset)
      }
      number = packet.read(IPv6Extension.nextHeader, at: offset)
      offset += step
      // Behind a later fragment's header is payload, not another header.
      if fragmentOffset > 0 { break }
    }
    guard offset <= packet.byteCount else { return "\(source) -> \(destination) malformed IPv6 extension" }
    return transport(
      packet.extracting(offset..<packet.byteCount), number: number, fragmentOffset: fragmentOffset,
      source: "[\(source)]", destination: "[\(destination)]")
  }
}
