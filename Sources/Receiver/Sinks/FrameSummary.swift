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

  private enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let arp: UInt16 = 0x0806
    static let vlan: UInt16 = 0x8100
    static let ipv6: UInt16 = 0x86DD
    static let providerVLAN: UInt16 = 0x88A8
  }

  private static func ethernet(_ frame: RawSpan) -> String {
    guard frame.byteCount >= 14 else { return "malformed Ethernet" }
    var type = frame.uint16(at: 12)
    var offset = 14
    var tags = ""
    while type == EtherType.vlan || type == EtherType.providerVLAN {
      guard frame.byteCount >= offset + 4 else { return tags + "malformed VLAN tag" }
      tags += "vlan \(frame.uint16(at: offset) & 0xFFF) "
      type = frame.uint16(at: offset + 2)
      offset += 4
    }
    let payload = frame.extracting(offset..<frame.byteCount)
    switch type {
    case EtherType.ipv4: return tags + ipv4(payload)
    case EtherType.ipv6: return tags + ipv6(payload)
    case EtherType.arp: return tags + arp(payload)
    default:
      return "\(tags)\(mac(frame, at: 6)) -> \(mac(frame, at: 0)) ethertype 0x\(hex(type, width: 4))"
    }
  }

  /// RFC 826, for IPv4 over Ethernet.
  private static func arp(_ packet: RawSpan) -> String {
    guard packet.byteCount >= 28 else { return "malformed ARP" }
    let sender = ipv4Address(packet, at: 14)
    let target = ipv4Address(packet, at: 24)
    switch packet.uint16(at: 6) {
    case 1: return "\(sender) -> \(target) ARP request"
    case 2: return "\(sender) -> \(target) ARP reply \(sender) is at \(mac(packet, at: 8))"
    case let operation: return "\(sender) -> \(target) ARP operation \(operation)"
    }
  }

  /// RFC 791.
  private static func ipv4(_ packet: RawSpan) -> String {
    guard packet.byteCount >= 20, packet.uint8(at: 0) >> 4 == 4 else { return "malformed IPv4" }
    let source = ipv4Address(packet, at: 12)
    let destination = ipv4Address(packet, at: 16)
    let headerBytes = Int(packet.uint8(at: 0) & 0xF) * 4
    guard headerBytes >= 20, packet.byteCount >= headerBytes else {
      return "\(source) -> \(destination) malformed IPv4"
    }
    let fragmentOffset = Int(packet.uint16(at: 6) & 0x1FFF) * 8
    // What is behind the total length is padding; zero stands for a super-frame (BIG TCP).
    let totalBytes = Int(packet.uint16(at: 2))
    let end = totalBytes == 0 ? packet.byteCount : max(headerBytes, min(totalBytes, packet.byteCount))
    return transport(
      packet.extracting(headerBytes..<end), number: packet.uint8(at: 9),
      fragmentOffset: fragmentOffset, source: source, destination: destination)
  }

  /// RFC 8200; steps over the extension headers that say how long they are.
  private static func ipv6(_ bytes: RawSpan) -> String {
    guard bytes.byteCount >= 40, bytes.uint8(at: 0) >> 4 == 6 else { return "malformed IPv6" }
    // What is behind the payload length is padding; zero stands for a jumbogram or a super-frame.
    let payloadBytes = Int(bytes.uint16(at: 4))
    let packet =
      payloadBytes == 0 ? bytes : bytes.extracting(0..<min(40 + payloadBytes, bytes.byteCount))
    let source = ipv6Address(packet, at: 8)
    let destination = ipv6Address(packet, at: 24)
    var number = packet.uint8(at: 6)
    var offset = 40
    var fragmentOffset = 0
    while let step = extensionBytes(number, of: packet, at: offset) {
      if number == 44 && fragmentOffset == 0 { fragmentOffset = Int(packet.uint16(at: offset + 2) & 0xFFF8) }
      number = packet.uint8(at: offset)
      offset += step
      // Behind a later fragment's header is payload, not another header.
      if fragmentOffset > 0 { break }
    }
    guard offset <= packet.byteCount else { return "\(source) -> \(destination) malformed IPv6 extension" }
    return transport(
      packet.extracting(offset..<packet.byteCount), number: number, fragmentOffset: fragmentOffset,
      source: "[\(source)]", destination: "[\(destination)]")
  }

  /// Bytes of the extension header `number` at `offset`, or nil if it is none or its first 8 bytes are not there.
  private static func extensionBytes(_ number: UInt8, of packet: RawSpan, at offset: Int) -> Int? {
    guard offset + 8 <= packet.byteCount else { return nil }
    switch number {
    // Hop-by-hop, routing, destination options, mobility.
    case 0, 43, 60, 135: return (Int(packet.uint8(at: offset + 1)) + 1) * 8
    // Fragment.
    case 44: return 8
    // Authentication (RFC 4302).
    case 51: return (Int(packet.uint8(at: offset + 1)) + 2) * 4
    default: return nil
    }
  }
}
