/// Where the parts of an IPv4 or IPv6 packet are. Offsets and counts are in bytes from the first byte of the IP
/// header.
///
/// Every offset is checked against the bytes at hand when the value is made, so readers may use them without a
/// further check.
public struct IPPacket: BitwiseCopyable, Equatable, Sendable {
  /// 4 or 6.
  public let version: UInt8
  /// The upper-layer protocol: the IPv4 protocol field, or the last next-header value reached through IPv6 extension
  /// headers.
  public let upperProtocol: UInt8
  /// Bytes in front of the upper-layer header: the IPv4 header with options, or the IPv6 header with extension headers.
  public let headerByteCount: Int
  /// IPv6: bytes of the headers that every fragment must repeat (RFC 8200 section 4.5); IPv4: as `headerByteCount`.
  public let unfragmentableByteCount: Int
  /// IPv6: offset of the next-header field that names what follows the unfragmentable part; IPv4: 9, the protocol
  /// field.
  public let nextHeaderOffset: Int
  /// End of the packet by its length field (padding of short frames lies behind it), at most the bytes at hand.
  public let end: Int
  /// The packet says it is longer than the bytes at hand.
  public let isTruncated: Bool
  /// A fragment of a larger packet; the upper-layer header is whole in a first fragment at best.
  public let isFragment: Bool
  /// Offset of the destination address that checksums cover: IPv6 with a routing header that is not used up yet has
  /// the final one there (RFC 8200 section 8.1).
  public let destinationOffset: Int
  /// IPv6: bytes of a hop-by-hop header that holds nothing but a jumbo payload option (RFC 2675), directly behind the
  /// IPv6 header, as Linux puts into BIG TCP frames; 0 without one.
  public let jumboHeaderByteCount: Int

  /// Reads the headers of the packet in `network` announced by `etherType`; nil if it is not IP or its headers do not
  /// fit.
  @inlinable @inline(__always) public init?(_ network: RawSpan, etherType: UInt16) {
    if etherType == EtherType.ipv4 {
      self.init(ipv4: network)
    } else if etherType == EtherType.ipv6 {
      self.init(ipv6: network)
    } else {
      return nil
    }
  }

  @inlinable @inline(__always) init?(ipv4 packet: RawSpan) {
    guard packet.byteCount >= IPv4Header.minimumByteCount else { return nil }
    let header = IPv4Header.byteCount(packet)
    guard IPv4Header.version(packet) == 4, header >= IPv4Header.minimumByteCount, header <= packet.byteCount else {
      return nil
    }
    let total = Int(packet.read(IPv4Header.totalLength))
    // BIG TCP: a total length of zero stands for "the frame's".
    let length = total == 0 ? packet.byteCount : total
    guard length >= header else { return nil }
    version = 4
    upperProtocol = packet.read(IPv4Header.upperProtocol)
    headerByteCount = header
    unfragmentableByteCount = header
    nextHeaderOffset = IPv4Header.upperProtocol.offset
    destinationOffset = IPv4Header.destination.offset
    end = min(length, packet.byteCount)
    isTruncated = length > packet.byteCount
    isFragment = IPv4Header.isFragment(packet)
    jumboHeaderByteCount = 0
  }

  @inlinable init?(ipv6 packet: RawSpan) {
    let basic = IPv6Header.byteCount
    guard packet.byteCount >= basic, packet.read(IPv6Header.versionAndClass) >> 4 == 6 else { return nil }
    var length = basic + Int(packet.read(IPv6Header.payloadLength))
    var next = packet.read(IPv6Header.nextHeader)
    var offset = basic
    var jumbo = 0
    var fragment = false
    var unfragmentable = basic
    var unfragmentableNext = IPv6Header.nextHeader.offset
    var nextAt = IPv6Header.nextHeader.offset
    if length == basic, next != IPProtocol.noNextHeader {
      // A jumbogram, or BIG TCP without the option: the length is the frame's.
      length = packet.byteCount
      // A length that does not even cover the option is none.
      if next == IPProtocol.hopByHop, packet.byteCount >= basic + IPv6Extension.minimumByteCount,
        packet.read(IPv6Extension.length, at: basic) == 0,
        packet.read(IPv6Extension.firstOption, at: basic) == IPv6Extension.jumboOption,
        packet.read(IPv6Extension.jumboLength, at: basic) >= IPv6Extension.minimumByteCount
      {
        jumbo = IPv6Extension.minimumByteCount
        length = basic + Int(packet.read(IPv6Extension.jumboLength, at: basic))
      }
    }
    let available = min(length, packet.byteCount)
    // Eight headers are more than any real packet has; the bound keeps a crafted one from costing time.
    var walked = 0
    var fragmentSeen = false
    var destination = IPv6Header.destinationHigh.offset
    walk: while walked < 8, available - offset >= IPv6Extension.minimumByteCount {
      guard let size = IPv6Extension.byteCount(next, packet, at: offset), size <= available - offset else { break walk }
      let follower = packet.read(IPv6Extension.nextHeader, at: offset)
      if next == IPProtocol.routing, size >= 24, packet.read(IPv6Extension.segmentsLeft, at: offset) > 0 {
        switch packet.read(IPv6Extension.routingType, at: offset) {
        case 0, 2: destination = offset + size - 16  // RFC 2460 section 4.4, RFC 6275 section 6.4: the last address
        case 4: destination = offset + 8  // segment routing lists the segments from the last on (RFC 8754 section 2)
        default: break
        }
      }
      if next == IPProtocol.fragment, !fragmentSeen {
        // Whatever stands in front of a fragment header is in every fragment.
        unfragmentable = offset
        unfragmentableNext = nextAt
        fragmentSeen = true
        fragment = IPv6FragmentHeader.isFragment(packet, at: offset)
      }
      nextAt = offset
      offset += size
      if !fragmentSeen, next == IPProtocol.hopByHop || next == IPProtocol.routing {
        unfragmentable = offset
        unfragmentableNext = nextAt
      }
      next = follower
      walked += 1
      if fragment { break walk }
    }
    version = 6
    upperProtocol = next
    headerByteCount = offset
    unfragmentableByteCount = unfragmentable
    nextHeaderOffset = unfragmentableNext
    destinationOffset = destination
    end = available
    isTruncated = length > packet.byteCount
    isFragment = fragment
    jumboHeaderByteCount = jumbo
  }

  /// The upper-layer protocol's pseudo-header sum for `byteCount` bytes of upper-layer header and data (RFC 9293
  /// section 3.1, RFC 8200 section 8.1).
  @inlinable public func pseudoHeader(_ network: RawSpan, byteCount: Int) -> InternetChecksum {
    var sum = InternetChecksum()
    if version == 4 {
      sum.add(network, from: IPv4Header.source.offset, count: 8)
    } else {
      sum.add(network, from: IPv6Header.sourceHigh.offset, count: 16)
      sum.add(network, from: destinationOffset, count: 16)
    }
    sum.add(UInt16(upperProtocol))
    sum.add(UInt32(truncatingIfNeeded: byteCount))
    return sum
  }
}
