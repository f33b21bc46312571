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
    guard packet.byteCount >= 20 else { return nil }
    let first = packet.uint8(at: 0)
    let header = Int(first & 0x0F) * 4
    guard first >> 4 == 4, header >= 20, header <= packet.byteCount else { return nil }
    let total = Int(packet.uint16(at: 2))
    // BIG TCP: a total length of zero stands for "the frame's".
    let length = total == 0 ? packet.byteCount : total
    guard length >= header else { return nil }
    version = 4
    upperProtocol = packet.uint8(at: 9)
    headerByteCount = header
    unfragmentableByteCount = header
    nextHeaderOffset = 9
    destinationOffset = 16
    end = min(length, packet.byteCount)
    isTruncated = length > packet.byteCount
    isFragment = packet.uint16(at: 6) & 0x3FFF != 0
    jumboHeaderByteCount = 0
  }

  @inlinable init?(ipv6 packet: RawSpan) {
    guard packet.byteCount >= 40, packet.uint8(at: 0) >> 4 == 6 else { return nil }
    var length = 40 + Int(packet.uint16(at: 4))
    var next = packet.uint8(at: 6)
    var offset = 40
    var jumbo = 0
    var fragment = false
    var unfragmentable = 40
    var unfragmentableNext = 6
    var nextAt = 6
    if length == 40, next != IPProtocol.noNextHeader {
      // A jumbogram, or BIG TCP without the option: the length is the frame's.
      length = packet.byteCount
      // A length that does not even cover the option is none.
      if next == IPProtocol.hopByHop, packet.byteCount >= 48, packet.uint8(at: 41) == 0,
        packet.uint16(at: 42) == 0xC204, packet.uint32(at: 44) >= 8
      {
        jumbo = 8
        length = 40 + Int(packet.uint32(at: 44))
      }
    }
    let available = min(length, packet.byteCount)
    // Eight headers are more than any real packet has; the bound keeps a crafted one from costing time.
    var walked = 0
    var fragmentSeen = false
    var destination = 24
    walk: while walked < 8, available - offset >= 8 {
      let size: Int
      switch next {
      case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions, IPProtocol.mobility:
        size = (Int(packet.uint8(at: offset + 1)) + 1) * 8
      case IPProtocol.authentication:
        size = (Int(packet.uint8(at: offset + 1)) + 2) * 4
      case IPProtocol.fragment:
        size = 8
      default:
        break walk
      }
      guard size <= available - offset else { break walk }
      let follower = packet.uint8(at: offset)
      if next == IPProtocol.routing, size >= 24, packet.uint8(at: offset + 3) > 0 {
        switch packet.uint8(at: offset + 2) {
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
        fragment = packet.uint16(at: offset + 2) & 0xFFF9 != 0
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
      sum.add(network, from: 12, count: 8)
    } else {
      sum.add(network, from: 8, count: 16)
      sum.add(network, from: destinationOffset, count: 16)
    }
    sum.add(UInt16(upperProtocol))
    sum.add(UInt32(truncatingIfNeeded: byteCount))
    return sum
  }
}
