/// A TCP or UDP checksum that offload left open: the field holds the folded pseudo-header sum, and the card that was
/// to add the rest never saw this copy of the packet.
public struct OpenChecksum: BitwiseCopyable, Equatable, Sendable {
  /// Where the summed bytes begin, from the start of the network packet.
  public let start: Int
  /// Where the 16-bit field is, from the start of the network packet.
  public let field: Int
  /// End of the summed bytes, from the start of the network packet.
  public let end: Int
  /// Whether zero is written as all ones (UDP).
  public let isUDP: Bool

  /// The open checksum that the capture's metadata names (`csum_start`, `csum_offset` of `struct virtio_net_hdr`),
  /// given from the start of the network packet; at whatever depth of tunnels it is. Nil if it does not fit into the
  /// packet.
  @inlinable public init?(_ network: RawSpan, _ packet: IPPacket?, start: Int, offset: Int) {
    let end = packet?.end ?? network.byteCount
    guard start >= 0, offset >= 0, start + offset + 2 <= end, packet?.isTruncated != true else { return nil }
    self.start = start
    field = start + offset
    self.end = end
    // The field is at 6 in UDP and at 16 in TCP; at 6 in nothing else that is offloaded.
    isUDP = offset == 6
  }

  /// Looks whether the packet's own TCP or UDP checksum is open, where no metadata tells: the field then equals the
  /// folded pseudo-header sum. (A packet whose finished checksum happens to equal it is completed to the same value.)
  /// Nil if it is not, for fragments and for packets cut short.
  @inlinable public init?(detectedIn network: RawSpan, _ packet: IPPacket) {
    guard !packet.isFragment, !packet.isTruncated else { return nil }
    let start = packet.headerByteCount
    let size = packet.end - start
    switch packet.upperProtocol {
    case IPProtocol.tcp:
      guard size >= 20 else { return nil }
      field = start + 16
      isUDP = false
    case IPProtocol.udp:
      guard size >= 8, network.uint16(at: start + 6) != 0 else { return nil }
      field = start + 6
      isUDP = true
    default:
      return nil
    }
    guard network.uint16(at: field) == packet.pseudoHeader(network, byteCount: size).folded else { return nil }
    self.start = start
    end = packet.end
  }

  /// The finished checksum, host order. `network` must be the packet it was found in.
  @inlinable public func completed(_ network: RawSpan) -> UInt16 {
    var sum = InternetChecksum()
    sum.add(network, from: start, count: end - start)
    return isUDP ? sum.udpChecksum : sum.checksum
  }
}
