/// A checksum that offload left open: the card that was to finish it never saw this copy of the packet.
///
/// Of TCP and UDP the field holds the folded pseudo-header sum, to which the rest is added. SCTP's is a CRC32c over
/// header and data in which the field counts as zero (RFC 9260 section 6.8).
public struct PartialChecksum: BitwiseCopyable, Equatable, Sendable {
  /// How the field is computed.
  public enum Algorithm: UInt8, BitwiseCopyable, Sendable {
    /// The Internet checksum (RFC 1071), 16 bits.
    case internet
    /// The same, with zero written as all ones (RFC 768).
    case udp
    /// CRC32c, 32 bits, the lowest byte first.
    case crc32c
  }

  /// Where the summed bytes begin, from the start of the network packet.
  public let start: Int
  /// Where the field is, from the start of the network packet.
  public let field: Int
  /// End of the summed bytes, from the start of the network packet.
  public let end: Int
  /// How the field is computed.
  public let algorithm: Algorithm

  /// The open checksum that the capture's metadata names (`csum_start`, `csum_offset` of `struct virtio_net_hdr`),
  /// given from the start of the network packet; at whatever depth of tunnels it is. Nil if it does not fit into the
  /// packet.
  @inlinable public init?(_ network: RawSpan, _ packet: IPPacket?, start: Int, offset: Int) {
    let end = packet?.end ?? network.byteCount
    guard start >= 0, offset >= 0, start + offset + 2 <= end, packet?.isTruncated != true else { return nil }
    self.start = start
    field = start + offset
    // The metadata says nothing of the kind (`csum_not_inet` of the kernel stays behind), but the packet does.
    if offset == SCTPHeader.checksum.offset, let sctpEnd = Self.endOfSCTP(network, packet, start: start, end: end) {
      guard field + 4 <= sctpEnd else { return nil }
      self.end = sctpEnd
      algorithm = .crc32c
    } else {
      self.end = end
      // The field is at 6 in UDP and at 16 in TCP; at 6 in nothing else that is offloaded.
      algorithm = offset == UDPHeader.checksum.offset ? .udp : .internet
    }
  }

  /// Looks whether the packet's own TCP, UDP or SCTP checksum is open, where no metadata tells: the field then equals
  /// the folded pseudo-header sum, or zero for SCTP. (A packet whose finished checksum happens to equal it is completed
  /// to the same value.) Nil if it is not, for fragments and for packets cut short.
  @inlinable public init?(detectedIn network: RawSpan, _ packet: IPPacket) {
    guard !packet.isFragment, !packet.isTruncated else { return nil }
    let start = packet.headerByteCount
    let size = packet.end - start
    switch packet.upperProtocol {
    case IPProtocol.tcp:
      guard size >= TCPHeader.minimumByteCount else { return nil }
      field = start + TCPHeader.checksum.offset
      algorithm = .internet
    case IPProtocol.udp:
      guard size >= UDPHeader.byteCount, network.read(UDPHeader.checksum, at: start) != 0 else { return nil }
      field = start + UDPHeader.checksum.offset
      algorithm = .udp
    case IPProtocol.sctp:
      guard size >= SCTPHeader.byteCount, network.read(SCTPHeader.checksum, at: start) == 0 else { return nil }
      field = start + SCTPHeader.checksum.offset
      algorithm = .crc32c
    default:
      return nil
    }
    self.start = start
    end = packet.end
    guard
      algorithm == .crc32c
        || network.read(HeaderField<UInt16>(field)) == packet.pseudoHeader(network, byteCount: size).folded
    else { return nil }
  }

  /// The end of the SCTP packet that begins at `start`; nil if SCTP is not what begins there. In a tunnel that is read
  /// from the IP header in front, if it is one without options: a CRC, unlike a sum, does not forgive padding.
  @inlinable
  static func endOfSCTP(_ network: RawSpan, _ packet: IPPacket?, start: Int, end: Int) -> Int? {
    if let packet, packet.headerByteCount == start { return packet.upperProtocol == IPProtocol.sctp ? end : nil }
    let ipv4 = start - IPv4Header.minimumByteCount
    if ipv4 >= 0, network.read(IPv4Header.versionAndLength, at: ipv4) == 0x45,
      network.read(IPv4Header.upperProtocol, at: ipv4) == IPProtocol.sctp
    {
      return min(end, ipv4 + Int(network.read(IPv4Header.totalLength, at: ipv4)))
    }
    let ipv6 = start - IPv6Header.byteCount
    if ipv6 >= 0, network.read(IPv6Header.versionAndClass, at: ipv6) >> 4 == 6,
      network.read(IPv6Header.nextHeader, at: ipv6) == IPProtocol.sctp
    {
      return min(end, start + Int(network.read(IPv6Header.payloadLength, at: ipv6)))
    }
    return nil
  }

  /// The field with its finished value. `network` must be the packet it was found in.
  @inlinable public func completed(_ network: RawSpan) -> FieldValue {
    if algorithm == .crc32c {
      var crc = CRC32C()
      crc.add(network, from: start, count: field - start)
      crc.addZeroField()
      crc.add(network, from: field + 4, count: end - field - 4)
      return FieldValue(crc.fieldValue, at: field)
    }
    var sum = InternetChecksum()
    sum.add(network, from: start, count: end - start)
    return FieldValue(algorithm == .udp ? sum.udpChecksum : sum.checksum, at: field)
  }
}
