/// What is never mirrored, as a pcap-filter(7) expression.
public struct Exclusions: Equatable, Sendable {
  /// An address and UDP port that this or another forwarder sends mirrored frames to.
  public struct Collector: Hashable, Sendable {
    /// Numeric IPv4 or IPv6 address.
    public let address: String
    /// UDP port.
    public let port: UInt16

    /// A collector's socket address.
    public init(address: String, port: UInt16) {
      self.address = address
      self.port = port
    }

    var isIPv6: Bool { address.contains(":") }
  }

  /// Cloud metadata and credential endpoints (EC2 instance metadata, ECS task metadata and credentials, EKS Pod
  /// Identity), which answer with the workload's secrets over plain HTTP.
  public static let metadataEndpoints = [
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23",
  ]

  /// The collectors whose traffic is our own.
  public var collectors: [Collector]
  /// UDP source ports that belong to forwarders of this network namespace: what leaves from them is mirrored already.
  public var sourcePorts: [ClosedRange<UInt16>] = []
  /// Frames with this mark (SO_MARK) are a forwarder's own; nil: none is marked.
  public var mark: UInt32?
  /// Whether the metadata endpoints are mirrored all the same.
  public var includesMetadata: Bool

  /// Exclusions for these collectors.
  public init(collectors: [Collector], includesMetadata: Bool) {
    self.collectors = collectors
    self.includesMetadata = includesMetadata
  }

  /// The whole expression: the exclusions, then the user's. They stand first because `vlan`, `mpls` and the like shift
  /// what follows them. `user` must have been compiled by itself before, so that its parentheses are its own.
  public func expression(with user: String) -> String {
    var terms = collectors.map { "not (\(Self.mirrored($0)))" }
    if !includesMetadata {
      let v4 = Self.metadataEndpoints.filter { !$0.contains(":") }.map { "ip host \($0)" }
      let v6 = Self.metadataEndpoints.filter { $0.contains(":") }.map { "ip6 host \($0)" }
      terms.append("not (\((v4 + v6).joined(separator: " or ")))")
    }
    if user.contains(where: { !$0.isWhitespace }) { terms.append("(\(user))") }
    return terms.joined(separator: " and ")
  }

  /// The mirrored datagrams themselves, and ICMP errors about them: a collector that only sniffs has no socket, and
  /// its host answers each datagram with an error that quotes it. Mirroring that would be answered again. The
  /// parentheses matter: `and` binds no closer than `or` in pcap-filter(7). The lengths are looked at first because a
  /// load behind the end of a packet rejects it.
  private static func mirrored(_ collector: Collector) -> String {
    let port = collector.port
    let address = collector.address
    if collector.isIPv6 {
      let words = ipv6Words(address).enumerated().map { "ip6[\(72 + 4 * $0.offset):4] = 0x\(hex($0.element))" }
      let quoted = (["ip6[6] = 58", "ip6[4:2] >= 56", "ip6[40] < 5", "ip6[54] = 17", "ip6[90:2] = \(port)"] + words)
      return "(ip6 dst host \(address) and udp dst port \(port)) or (ip6 and \(quoted.joined(separator: " and ")))"
    }
    let word = address.split(separator: ".").reduce(UInt32(0)) { $0 << 8 | (UInt32($1) ?? 0) }
    let error = "ip[2:2] >= 56 and (icmp[0] = 3 or icmp[0] = 11 or icmp[0] = 12 or icmp[0] = 4)"
    let quoted = "icmp[17] = 17 and icmp[24:4] = 0x\(hex(word)) and icmp[30:2] = \(port)"
    return "(ip dst host \(address) and udp dst port \(port)) or (icmp and \(error) and \(quoted))"
  }

  private static func hex(_ word: UInt32) -> String { String(word, radix: 16) }

  /// The four 32-bit words of a numeric IPv6 address.
  private static func ipv6Words(_ address: String) -> [UInt32] {
    NumericAddress.ipv6Words(address) ?? [0, 0, 0, 0]
  }
}
