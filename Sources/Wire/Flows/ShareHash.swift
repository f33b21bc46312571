/// The hash by which a share of all flows is chosen (`FlowShare`): 32 bits that are the same for both directions of a
/// flow and on every forwarder, in arithmetic that the kernel's packet filters have too. This is its definition;
/// `ShareProgram` (Capture) writes the same as a filter, and a test holds the two together.
///
/// A flow is addresses and ports where the packet has ports, and addresses where it has none. Fragments count by
/// addresses, the first one too, so that all of a datagram go one way. The protocol does not count. Behind an IPv6
/// header `maximumExtensions` headers are stepped over; a packet with more counts by addresses. What is not IP, has more
/// tags than `EthernetHeader` looks through, or ends before it can be judged has no hash: it is in every share.
///
/// It is no secret, so that forwarders agree: whoever knows it can open connections that are in a share, or are not.
public enum ShareHash {
  /// Extension headers of IPv6 that are stepped over: hop-by-hop, routing and destination options.
  public static let maximumExtensions = 3
  /// Odd, so that no two ports make the same of an address (2^32 divided by the golden ratio).
  public static let portFactor: UInt32 = 0x9E37_79B1
  /// For folding an IPv6 address, in front of each word but the first.
  public static let foldFactor: UInt32 = 0x85EB_CA77
  /// Of the mixing of one endpoint, and of the sum's second round. This and `sumFactor` are the two of a 32-bit mixer
  /// with little bias (C. Wellons, "hash-prospector").
  public static let endpointFactor: UInt32 = 0x21F0_AAAD
  /// Of the sum's first round.
  public static let sumFactor: UInt32 = 0xD35A_2D97
  /// Shifts in front of and behind the multiplication, for an endpoint and for the sum.
  public static let firstShift: UInt32 = 16
  /// The second of them.
  public static let secondShift: UInt32 = 15

  /// The hash of the packet in `network`, announced by `etherType`; nil if it has none.
  @inlinable public static func of(_ network: RawSpan, etherType: UInt16) -> UInt32? {
    if etherType == EtherType.ipv4 { return ipv4(network) }
    if etherType == EtherType.ipv6 { return ipv6(network) }
    return nil
  }

  @inlinable static func ipv4(_ packet: RawSpan) -> UInt32? {
    guard packet.byteCount >= IPv4Header.minimumByteCount else { return nil }
    let source = packet.read(IPv4Header.source)
    let destination = packet.read(IPv4Header.destination)
    guard !IPv4Header.isFragment(packet), IPProtocol.hasPorts(packet.read(IPv4Header.upperProtocol)) else {
      return combined(source, destination, ports: 0)
    }
    let start = IPv4Header.byteCount(packet)
    guard packet.byteCount >= start + 4 else { return nil }
    return combined(source, destination, ports: packet.read(UDPHeader.ports, at: start))
  }

  @inlinable static func ipv6(_ packet: RawSpan) -> UInt32? {
    guard packet.byteCount >= IPv6Header.byteCount else { return nil }
    let source = folded(packet.read(IPv6Header.sourceHigh), packet.read(IPv6Header.sourceLow))
    let destination = folded(packet.read(IPv6Header.destinationHigh), packet.read(IPv6Header.destinationLow))
    var next = packet.read(IPv6Header.nextHeader)
    var start = IPv6Header.byteCount
    for _ in 0..<maximumExtensions {
      guard isSteppedOver(next) else { break }
      guard packet.byteCount >= start + 2 else { return nil }
      next = packet.read(IPv6Extension.nextHeader, at: start)
      start += (Int(packet.read(IPv6Extension.length, at: start)) + 1) * 8
    }
    guard IPProtocol.hasPorts(next) else { return combined(source, destination, ports: 0) }
    guard packet.byteCount >= start + 4 else { return nil }
    return combined(source, destination, ports: packet.read(UDPHeader.ports, at: start))
  }

  @inlinable static func isSteppedOver(_ number: UInt8) -> Bool {
    number == IPProtocol.hopByHop || number == IPProtocol.routing || number == IPProtocol.destinationOptions
  }

  /// Four words of an address as one.
  @inlinable static func folded(_ high: UInt64, _ low: UInt64) -> UInt32 {
    var sum = UInt32(truncatingIfNeeded: high >> 32)
    sum = sum &* foldFactor &+ UInt32(truncatingIfNeeded: high)
    sum = sum &* foldFactor &+ UInt32(truncatingIfNeeded: low >> 32)
    return sum &* foldFactor &+ UInt32(truncatingIfNeeded: low)
  }

  /// Mixed before they are added: a sum of plain addresses would be the same for many pairs of one network.
  @inlinable static func combined(_ source: UInt32, _ destination: UInt32, ports: UInt32) -> UInt32 {
    let one = mix(source ^ ((ports >> 16) &* portFactor), endpointFactor)
    let other = mix(destination ^ ((ports & 0xFFFF) &* portFactor), endpointFactor)
    return mix(mix(one &+ other, sumFactor), endpointFactor)
  }

  @inlinable static func mix(_ value: UInt32, _ factor: UInt32) -> UInt32 {
    let product = (value ^ (value >> firstShift)) &* factor
    return product ^ (product >> secondShift)
  }
}
