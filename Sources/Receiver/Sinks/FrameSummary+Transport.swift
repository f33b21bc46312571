internal import Wire

extension FrameSummary {
  /// `source` and `destination` are complete but for a port; an IPv6 address is in brackets for it.
  static func transport(
    _ segment: RawSpan, number: UInt8, fragmentOffset: Int, source: String, destination: String
  ) -> String {
    let name = names[number] ?? "protocol \(number)"
    guard fragmentOffset == 0 else {
      return "\(bare(source)) -> \(bare(destination)) \(name) fragment at \(fragmentOffset)"
    }
    switch number {
    case IPProtocol.tcp:
      guard segment.byteCount >= TCPHeader.minimumByteCount else { break }
      return ports(segment, source, destination) + " TCP \(tcpFlags(segment.read(TCPHeader.flags)))"
    case IPProtocol.udp, IPProtocol.sctp:
      guard segment.byteCount >= UDPHeader.byteCount else { break }
      return ports(segment, source, destination) + " " + name
    case IPProtocol.icmp, IPProtocol.icmpv6:
      guard segment.byteCount >= ICMPHeader.minimumByteCount else { break }
      let type = segment.read(ICMPHeader.type)
      let messages = number == IPProtocol.icmp ? icmpMessages : icmpv6Messages
      let text = messages[type] ?? "type \(type) code \(segment.read(ICMPHeader.code))"
      return "\(bare(source)) -> \(bare(destination)) \(name) \(text)"
    default:
      return "\(bare(source)) -> \(bare(destination)) \(name)"
    }
    return "\(bare(source)) -> \(bare(destination)) malformed \(name)"
  }

  private static func ports(_ segment: RawSpan, _ source: String, _ destination: String) -> String {
    "\(source):\(segment.read(UDPHeader.sourcePort)) -> \(destination):\(segment.read(UDPHeader.destinationPort))"
  }

  private static func bare(_ address: String) -> String {
    address.hasPrefix("[") ? String(address.dropFirst().dropLast()) : address
  }

  /// The flags of RFC 9293 and RFC 3168 that are set, e.g. `SYN,ACK`; a dash for none.
  private static func tcpFlags(_ flags: UInt8) -> String {
    let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
    let set = names.enumerated().filter { flags >> $0.offset & 1 == 1 }.map(\.element)
    return set.isEmpty ? "-" : set.joined(separator: ",")
  }

  /// From IANA's protocol numbers: what a mirror is likely to carry.
  private static let names: [UInt8: String] = [
    1: "ICMP", 2: "IGMP", 4: "IPv4-in-IP", 6: "TCP", 17: "UDP", 41: "IPv6-in-IP", 47: "GRE", 50: "ESP",
    51: "AH",
    58: "ICMPv6", 59: "no next header", 89: "OSPF", 112: "VRRP", 132: "SCTP",
  ]

  private static let icmpMessages: [UInt8: String] = [
    0: "echo reply", 3: "destination unreachable", 5: "redirect", 8: "echo request", 11: "time exceeded",
  ]

  private static let icmpv6Messages: [UInt8: String] = [
    1: "destination unreachable", 2: "packet too big", 3: "time exceeded", 128: "echo request",
    129: "echo reply",
    133: "router solicitation", 134: "router advertisement", 135: "neighbor solicitation",
    136: "neighbor advertisement",
  ]
}
