internal import Wire

extension FrameSummary {
  /// `source` and `destination` are complete but for a port; an IPv6 address is in brackets for it.
  static func transport(
    _ segment: RawSpan, number: UInt8, fragmentOffset: Int, source: String, destination: String
  ) -> FrameSummary {
    let name = names[number] ?? "protocol \(number)"
    guard fragmentOffset == 0 else {
      return FrameSummary("\(name) fragment at \(fragmentOffset)", bare(source), bare(destination))
    }
    switch number {
    case IPProtocol.tcp:
      guard segment.byteCount >= TCPHeader.minimumByteCount else { break }
      return ports("TCP \(tcpFlags(segment.read(TCPHeader.flags)))", segment, source, destination)
    case IPProtocol.udp, IPProtocol.sctp:
      guard segment.byteCount >= UDPHeader.byteCount else { break }
      return ports(name, segment, source, destination)
    case IPProtocol.icmp, IPProtocol.icmpv6:
      guard segment.byteCount >= ICMPHeader.minimumByteCount else { break }
      let type = segment.read(ICMPHeader.type)
      let messages = number == IPProtocol.icmp ? icmpMessages : icmpv6Messages
      let text = messages[type] ?? "type \(type) code \(segment.read(ICMPHeader.code))"
      return FrameSummary("\(name) \(text)", bare(source), bare(destination))
    default:
      return FrameSummary(name, bare(source), bare(destination))
    }
    return FrameSummary("malformed \(name)", bare(source), bare(destination))
  }

  private static func ports(
    _ what: String, _ segment: RawSpan, _ source: String, _ destination: String
  ) -> FrameSummary {
    let (from, to) = (segment.read(UDPHeader.sourcePort), segment.read(UDPHeader.destinationPort))
    return FrameSummary(what, "\(source):\(from)", "\(destination):\(to)")
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
