internal import System
public import Wire

/// An inner frame in a few words, for people. Malformed bytes give words that say so.
public struct FrameSummary: Equatable, Sendable {
  /// Sender and receiver, as complete as the frame tells them.
  public struct Ends: Equatable, Sendable {
    /// An address, with the port where there is one.
    public let source: String
    /// The same of the receiver.
    public let destination: String
  }

  /// VLAN tags, each with a space behind it.
  public private(set) var tags = ""
  /// nil where the frame is too short to tell.
  public let ends: Ends?
  /// The protocol and what it says, such as `TCP SYN,ACK`.
  public let what: String

  /// Where the last of eight tags ends. More are nobody's, and a line has an end.
  private static let endOfTags = EthernetHeader.byteCount + 8 * VLANTag.byteCount

  init(_ what: String, _ source: String, _ destination: String) {
    ends = Ends(source: source, destination: destination)
    self.what = what
  }

  init(malformed what: String) {
    ends = nil
    self.what = "malformed \(what)"
  }

  /// What there is to say of an Ethernet frame, of any length.
  public init(_ frame: RawSpan) {
    self = Self.ethernet(frame)
  }

  /// One line without a line end: time (UTC), VNI, source -> destination, protocol, what the protocol says, length.
  ///
  /// - Parameters:
  ///   - frame: an Ethernet frame, of any length.
  ///   - header: the VXLAN header it came under.
  ///   - timestamp: nanoseconds since 1970, UTC.
  public static func line(_ frame: RawSpan, header: VXLANHeader, timestamp: UInt64) -> String {
    let summary = FrameSummary(frame)
    let ends = summary.ends.map { "\($0.source) -> \($0.destination) " } ?? ""
    return """
      \(UTCTime.timeOfDay(timestamp)) vni \(header.vni) \(summary.tags)\(ends)\(summary.what) \(frame.byteCount) bytes
      """
  }

  private static func ethernet(_ frame: RawSpan) -> FrameSummary {
    guard frame.byteCount >= EthernetHeader.byteCount else { return FrameSummary(malformed: "Ethernet") }
    var type = frame.read(EthernetHeader.type)
    var offset = EthernetHeader.byteCount
    var tags = ""
    var summary: FrameSummary?
    while type == EtherType.vlan || type == EtherType.serviceVLAN, summary == nil {
      if frame.byteCount >= offset + VLANTag.byteCount, offset < Self.endOfTags {
        tags += "vlan \(frame.read(VLANTag.control, at: offset) & VLANTag.identifierMask) "
        type = frame.read(VLANTag.type, at: offset)
        offset += VLANTag.byteCount
      } else {
        summary = FrameSummary(malformed: "VLAN tag")
      }
    }
    var found = summary ?? network(frame.extracting(offset..<frame.byteCount), type, of: frame)
    found.tags = tags
    return found
  }

  private static func network(_ payload: RawSpan, _ type: UInt16, of frame: RawSpan) -> FrameSummary {
    switch type {
    case EtherType.ipv4: return ipv4(payload)
    case EtherType.ipv6: return ipv6(payload)
    case EtherType.arp: return arp(payload)
    default:
      let source = mac(frame, at: EthernetHeader.sourceOffset)
      return FrameSummary(
        "ethertype 0x\(hex(type, width: 4))", source, mac(frame, at: EthernetHeader.destinationOffset))
    }
  }

  /// RFC 826, for IPv4 over Ethernet.
  private static func arp(_ packet: RawSpan) -> FrameSummary {
    guard packet.byteCount >= ARPPacket.byteCount else { return FrameSummary(malformed: "ARP") }
    let sender = ipv4Address(packet, at: ARPPacket.senderAddress)
    let what =
      switch packet.read(ARPPacket.operation) {
      case 1: "ARP request"
      case 2: "ARP reply \(sender) is at \(mac(packet, at: ARPPacket.senderHardware))"
      case let operation: "ARP operation \(operation)"
      }
    return FrameSummary(what, sender, ipv4Address(packet, at: ARPPacket.targetAddress))
  }

  /// RFC 791.
  private static func ipv4(_ packet: RawSpan) -> FrameSummary {
    guard packet.byteCount >= IPv4Header.minimumByteCount, IPv4Header.version(packet) == 4 else {
      return FrameSummary(malformed: "IPv4")
    }
    let source = ipv4Address(packet, at: IPv4Header.source.offset)
    let destination = ipv4Address(packet, at: IPv4Header.destination.offset)
    let headerBytes = IPv4Header.byteCount(packet)
    guard headerBytes >= IPv4Header.minimumByteCount, packet.byteCount >= headerBytes else {
      return FrameSummary("malformed IPv4", source, destination)
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
  private static func ipv6(_ bytes: RawSpan) -> FrameSummary {
    guard bytes.byteCount >= IPv6Header.byteCount, bytes.read(IPv6Header.versionAndClass) >> 4 == 6 else {
      return FrameSummary(malformed: "IPv6")
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
    guard offset <= packet.byteCount else { return FrameSummary("malformed IPv6 extension", source, destination) }
    return transport(
      packet.extracting(offset..<packet.byteCount), number: number, fragmentOffset: fragmentOffset,
      source: "[\(source)]", destination: "[\(destination)]")
  }
}
