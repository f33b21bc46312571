/// How a TCP or UDP super-frame is cut into the packets a wire would have carried.
///
/// TCP: sequence numbers advance, FIN and PSH stay on the last segment only, CWR on the first only, as a card with
/// TSO does; urgent data stays where it was. UDP: each datagram gets its own header. IPv4 identifications count up
/// from the frame's, and all checksums are computed.
public struct Segmentation: BitwiseCopyable, Sendable {
  /// Bytes of headers each segment gets, from the IP header to the end of the TCP or UDP header.
  public let headerByteCount: Int
  /// Payload bytes of every segment but the last.
  @inlinable public var payloadPerSegment: Int { share }
  /// Number of segments, at least 1.
  public let count: Int
  /// Offset of the first payload byte in the packet.
  public let payloadOffset: Int
  /// Payload bytes in all.
  public let payloadByteCount: Int

  @usableFromInline var share: Int
  @usableFromInline let packet: IPPacket
  @usableFromInline let isTCP: Bool

  /// Plans the cut of a TCP packet so that no IP packet exceeds `maximumPacket` bytes and, where `segmentSize` (the
  /// gso_size of the capture) is not 0, none carries more payload than that. Nil if the packet is not a whole TCP
  /// packet with payload, or the limit leaves no room for payload.
  @inlinable
  public init?(tcp network: RawSpan, _ packet: IPPacket, maximumPacket: Int, segmentSize: Int = 0) {
    guard packet.upperProtocol == IPProtocol.tcp, !packet.isFragment, !packet.isTruncated else { return nil }
    let start = packet.headerByteCount
    guard packet.end - start >= 20 else { return nil }
    let tcpHeader = Int(network.uint8(at: start + 12) >> 4) * 4
    guard tcpHeader >= 20, start + tcpHeader < packet.end else { return nil }
    self.init(
      packet, isTCP: true, payloadOffset: start + tcpHeader, maximumPacket: maximumPacket, segmentSize: segmentSize)
  }

  /// Plans the cut of a UDP super-datagram at `segmentSize` payload bytes. Nil if the packet is not a whole UDP
  /// packet, has no more than one datagram, or one datagram could not be an IP packet.
  @inlinable
  public init?(udp network: RawSpan, _ packet: IPPacket, segmentSize: Int) {
    guard packet.upperProtocol == IPProtocol.udp, !packet.isFragment, !packet.isTruncated, segmentSize > 0 else {
      return nil
    }
    let start = packet.headerByteCount
    guard packet.end - start > 8 + segmentSize, start + 8 + segmentSize - packet.jumboHeaderByteCount <= 65_535
    else { return nil }
    self.init(packet, isTCP: false, payloadOffset: start + 8, maximumPacket: 65_535, segmentSize: segmentSize)
  }

  @inlinable
  init?(_ packet: IPPacket, isTCP: Bool, payloadOffset: Int, maximumPacket: Int, segmentSize: Int) {
    self.packet = packet
    self.isTCP = isTCP
    self.payloadOffset = payloadOffset
    // A jumbo payload option is illegal in a packet below 64 KiB (RFC 2675 section 3), so segments go without it.
    headerByteCount = payloadOffset - packet.jumboHeaderByteCount
    payloadByteCount = packet.end - payloadOffset
    let room = min(maximumPacket, 65_535) - headerByteCount
    guard room > 0 else { return nil }
    share = segmentSize > 0 ? min(segmentSize, room) : room
    count = (payloadByteCount + share - 1) / share
  }

  /// Makes all segments of one size, where the payload can be shared so among the same number of them.
  @inlinable
  public mutating func shareEvenly() {
    if payloadByteCount % count == 0 { share = payloadByteCount / count }
  }

  /// Payload bytes of segment `index`.
  @inlinable public func payloadCount(_ index: Int) -> Int {
    min(payloadPerSegment, payloadByteCount - index * payloadPerSegment)
  }

  /// Writes the headers of segment `index` (`headerByteCount` bytes) to `out` from `offset` on, complete with
  /// checksums. `network` is the packet the plan was made from. Traps if `out` is too short.
  @inlinable
  public func emitHeader(_ index: Int, _ network: RawSpan, into out: inout MutableRawSpan, at offset: Int) {
    let payload = payloadCount(index)
    let start = payloadOffset + index * payloadPerSegment
    let ipHeader = packet.headerByteCount - packet.jumboHeaderByteCount
    let upper = offset + ipHeader
    let upperByteCount = headerByteCount - ipHeader + payload

    copyHeaders(network, into: &out, at: offset)
    if packet.version == 4 {
      emitIPv4(index, network, byteCount: headerByteCount + payload, into: &out, at: offset)
    } else {
      out.store(UInt16(truncatingIfNeeded: headerByteCount - 40 + payload), at: offset + 4)
    }

    var sum = packet.pseudoHeader(network, byteCount: upperByteCount)
    if isTCP {
      emitTCP(index, network, into: &out, at: upper)
      sum.add(out.bytes, from: upper, count: headerByteCount - ipHeader)
      sum.add(network, from: start, count: payload)
      out.store(sum.checksum, at: upper + 16)
    } else {
      out.store(UInt16(truncatingIfNeeded: upperByteCount), at: upper + 4)
      // A sender that left out the checksum (allowed over IPv4) left it out of each datagram.
      guard network.uint16(at: packet.headerByteCount + 6) != 0 else { return }
      out.store(UInt16(0), at: upper + 6)
      sum.add(out.bytes, from: upper, count: 8)
      sum.add(network, from: start, count: payload)
      out.store(sum.udpChecksum, at: upper + 6)
    }
  }

  @inlinable
  func copyHeaders(_ network: RawSpan, into out: inout MutableRawSpan, at offset: Int) {
    let jumbo = packet.jumboHeaderByteCount
    guard jumbo > 0 else {
      out.copy(network, from: 0, count: headerByteCount, to: offset)
      return
    }
    out.copy(network, from: 0, count: 40, to: offset)
    out.store(network.uint8(at: 40), at: offset + 6)
    out.copy(network, from: 40 + jumbo, count: headerByteCount - 40, to: offset + 40)
  }

  @inlinable
  func emitIPv4(_ index: Int, _ network: RawSpan, byteCount: Int, into out: inout MutableRawSpan, at offset: Int) {
    out.store(UInt16(truncatingIfNeeded: byteCount), at: offset + 2)
    out.store(network.uint16(at: 4) &+ UInt16(truncatingIfNeeded: index), at: offset + 4)
    out.store(UInt16(0), at: offset + 10)
    var sum = InternetChecksum()
    sum.add(out.bytes, from: offset, count: packet.headerByteCount)
    out.store(sum.checksum, at: offset + 10)
  }

  @inlinable
  func emitTCP(_ index: Int, _ network: RawSpan, into out: inout MutableRawSpan, at upper: Int) {
    let original = packet.headerByteCount
    let sequence = network.uint32(at: original + 4) &+ UInt32(truncatingIfNeeded: index * payloadPerSegment)
    out.store(sequence, at: upper + 4)
    var flags = network.uint8(at: original + 13)
    if index > 0 { flags &= ~0x80 }  // CWR: the first segment only (RFC 3168 section 6.1.2)
    if index < count - 1 { flags &= ~0x09 }  // FIN and PSH: the last only
    // The urgent pointer counts from the segment's own sequence number (RFC 9293 section 3.1).
    if index > 0, flags & 0x20 != 0 {
      let urgent = Int(network.uint16(at: original + 18)) - index * payloadPerSegment
      if urgent <= 0 { flags &= ~0x20 }
      out.store(UInt16(truncatingIfNeeded: max(urgent, 0)), at: upper + 18)
    }
    out.store(flags, at: upper + 13)
    out.store(UInt16(0), at: upper + 16)
  }
}
