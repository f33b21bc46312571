extension FlowHash {
  /// The secret of keyed hashes.
  public struct Key: BitwiseCopyable, Sendable {
    @usableFromInline let first: UInt64
    @usableFromInline let second: UInt64

    /// A key of 128 given bits.
    @inlinable public init(_ first: UInt64, _ second: UInt64) {
      self.first = first
      self.second = second
    }

    /// The key of this process, the same for all of its workers: random numbers of the system's.
    public static let process = Key(.random(in: 0...UInt64.max), .random(in: 0...UInt64.max))
  }

  // A keyed hash says what the shared one says, but nobody outside can choose flows whose hashes meet: what an attacker
  // controls goes through a keyed function from the first bit on. To be the same in both directions it takes the
  // endpoints in ascending order, not the sum of their hashes.

  /// The keyed hash of an IP packet whose headers were read from `network`.
  @inlinable public init(_ network: RawSpan, _ packet: IPPacket, key: Key) {
    let ports = Self.ports(network, packet)
    let sourcePort = UInt64(ports >> 16)
    let destinationPort = UInt64(ports & 0xFFFF)
    let kind = UInt64(packet.version) << 8 | UInt64(packet.upperProtocol)
    var hash = SipHash(key.first, key.second)
    if packet.version == 4 {
      let source = UInt64(network.read(IPv4Header.source)) << 16 | sourcePort
      let destination = UInt64(network.read(IPv4Header.destination)) << 16 | destinationPort
      hash.add(min(source, destination) << 16 | kind)
      hash.add(max(source, destination))
    } else {
      let source = (network.read(IPv6Header.sourceHigh), network.read(IPv6Header.sourceLow), sourcePort)
      let destination = (
        network.read(IPv6Header.destinationHigh), network.read(IPv6Header.destinationLow), destinationPort
      )
      // Word by word: to compare tuples, the generic way, costs debug builds an allocation.
      let isLower =
        source.0 != destination.0
        ? source.0 < destination.0 : source.1 != destination.1 ? source.1 < destination.1 : source.2 < destination.2
      let (low, high) = isLower ? (source, destination) : (destination, source)
      hash.add(low.0)
      hash.add(low.1)
      hash.add(high.0)
      hash.add(high.1)
      hash.add(low.2 << 48 | high.2 << 32 | kind)
    }
    value = hash.finish()
  }

  /// The keyed hash of a frame that is not IP, from the 12 address bytes at the start of its Ethernet header; 0 if it is
  /// shorter.
  @inlinable public init(ethernet frame: RawSpan, etherType: UInt16, key: Key) {
    guard frame.byteCount >= 12 else {
      self.init(value: 0)
      return
    }
    let (destination, source) = EthernetHeader.addresses(frame)
    self.init(source: source, destination: destination, etherType: etherType, key: key)
  }

  /// The keyed hash of a frame that is not IP, from Ethernet addresses in the low 48 bits.
  @inlinable public init(source: UInt64, destination: UInt64, etherType: UInt16, key: Key) {
    var hash = SipHash(key.first, key.second)
    // The low 16 bits of an IPv4 packet's first word are not 0: the two kinds never take in the same words.
    hash.add(min(source, destination) << 16)
    hash.add(max(source, destination) << 16 | UInt64(etherType))
    value = hash.finish()
  }
}
