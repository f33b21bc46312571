/// A hash of a flow that is the same for both directions.
///
/// There are two. The *shared* one is the same on every forwarder, for what forwarders must agree on (balance);
/// whoever knows it can choose flows whose hashes meet. The *keyed* one (`FlowHash.Key`) is this process's own, for what
/// only spreads load: nobody can aim at it.
///
/// TCP, UDP and their like hash addresses, protocol and ports; everything else, and every fragment (the first one
/// too, so that all fragments of a packet go one way), addresses and protocol. What is not IP hashes its Ethernet
/// addresses.
public struct FlowHash: BitwiseCopyable, Equatable, Sendable {
  /// All 64 bits are well mixed; users take different bits for different decisions.
  public let value: UInt64

  /// A hash given as a number.
  @inlinable public init(value: UInt64) { self.value = value }

  /// The shared hash of an IP packet whose headers were read from `network`.
  @inlinable public init(_ network: RawSpan, _ packet: IPPacket) {
    let ports = Self.ports(network, packet)
    let source: UInt64
    let destination: UInt64
    if packet.version == 4 {
      source = UInt64(network.read(IPv4Header.source))
      destination = UInt64(network.read(IPv4Header.destination))
    } else {
      source = Self.mix(network.read(IPv6Header.sourceHigh)) ^ network.read(IPv6Header.sourceLow)
      destination = Self.mix(network.read(IPv6Header.destinationHigh)) ^ network.read(IPv6Header.destinationLow)
    }
    value = Self.combine(
      Self.endpoint(source, UInt16(truncatingIfNeeded: ports >> 16)),
      Self.endpoint(destination, UInt16(truncatingIfNeeded: ports)), UInt64(packet.upperProtocol))
  }

  /// The shared hash of a frame that is not IP, from the 12 address bytes at the start of its Ethernet header.
  @inlinable public init(ethernet frame: RawSpan, etherType: UInt16) {
    guard frame.byteCount >= 12 else {
      value = 0
      return
    }
    let (destination, source) = EthernetHeader.addresses(frame)
    value = Self.combine(Self.mix(destination), Self.mix(source), UInt64(etherType))
  }

  /// Source and destination port as they stand in the packet; 0 where the flow is not told apart by ports.
  @inlinable @inline(__always) static func ports(_ network: RawSpan, _ packet: IPPacket) -> UInt32 {
    guard !packet.isFragment, IPProtocol.hasPorts(packet.upperProtocol), packet.end - packet.headerByteCount >= 4
    else { return 0 }
    return network.read(UDPHeader.ports, at: packet.headerByteCount)
  }

  @inlinable static func endpoint(_ address: UInt64, _ port: UInt16) -> UInt64 {
    mix(address ^ (UInt64(port) &* 0x9E37_79B9_7F4A_7C15))
  }

  /// Addition commutes, which is what makes both directions equal.
  @inlinable static func combine(_ one: UInt64, _ other: UInt64, _ tag: UInt64) -> UInt64 {
    mix(one &+ other &+ tag &* 0xD6E8_FEB8_6659_FD93)
  }

  /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit.
  @inlinable public static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
