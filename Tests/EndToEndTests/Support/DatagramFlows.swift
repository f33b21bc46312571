/// The UDP datagrams and ICMP messages of each flow in a recording, in order, as tshark reassembles them from IP
/// fragments.
struct DatagramFlows: Equatable {
  /// Everything in the headers that is the same for all datagrams of a flow.
  private static let headers = [
    "eth.src", "eth.dst", "ieee8021ad.priority", "ieee8021ad.id", "vlan.priority", "vlan.id",
    "ip.src", "ip.dst", "ip.ttl", "ipv6.src", "ipv6.dst", "ipv6.hlim", "udp.srcport", "udp.dstport",
    "icmp.type", "icmp.code", "icmpv6.type", "icmpv6.code",
  ]
  /// A checksum stands for all of an ICMP message.
  private static let contents = ["udp.payload", "icmp.checksum", "icmpv6.checksum", "data.data"]
  /// What a host says to its link now and then, whoever records.
  private static let isChatter = "icmpv6.type >= 130 && icmpv6.type <= 143"

  /// Payloads (hexadecimal, one string a datagram) by flow.
  var payloads: [String: [String]] = [:]
  /// The longest payload of the sender of super-datagrams, in bytes.
  var longestSegmented = 0

  /// A super-datagram counts as the datagrams that `MixedTraffic` made it of.
  init(_ tshark: Tshark) throws {
    let segmentedPorts = MixedTraffic.batches.map { String($0.port) }
    let rows = try tshark.fields(
      Self.headers + Self.contents, filter: "(udp || icmp || icmpv6) && !(\(Self.isChatter))", occurrence: "a")
    for row in rows {
      let header = zip(Self.headers, row).filter { !$0.1.isEmpty }
      let flow = header.map { "\($0)=\($1)" }.joined(separator: " ")
      let isUDP = !header.contains { $0.0.hasPrefix("icmp") }
      guard isUDP else {
        payloads[flow, default: []].append(row[Self.headers.count...].joined(separator: " "))
        continue
      }
      let payload = row[Self.headers.count]
      let isSegmented = header.contains { $0.0 == "udp.dstport" && segmentedPorts.contains($0.1) }
      if isSegmented { longestSegmented = max(longestSegmented, payload.utf8.count / 2) }
      let pieces = isSegmented ? payload.cut(every: 2 * MixedTraffic.segmented.size) : [payload]
      payloads[flow, default: []] += pieces
    }
  }

  /// The payloads of the flow to a UDP port of an address.
  func payloads(to address: String, port: Int) -> [String] {
    let matching = payloads.filter { flow, _ in
      flow.contains("dst=\(address) ") && flow.hasSuffix("udp.dstport=\(port)")
    }
    return matching.values.flatMap(\.self)
  }

  static func == (a: DatagramFlows, b: DatagramFlows) -> Bool { a.payloads == b.payloads }
}

extension String {
  /// Pieces of `count` characters, the last one of what is left.
  fileprivate func cut(every count: Int) -> [String] {
    var pieces: [String] = []
    var rest = utf8[...]
    while rest.count > count {
      pieces.append(String(decoding: rest.prefix(count), as: UTF8.self))
      rest = rest.dropFirst(count)
    }
    return pieces + [String(decoding: rest, as: UTF8.self)]
  }
}
