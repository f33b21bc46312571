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
  @inlinable public var count: Int { segmentCount }
  /// Offset of the first payload byte in the packet.
  public let payloadOffset: Int
  /// Payload bytes in all.
  @inlinable public var payloadByteCount: Int { payload }

  @usableFromInline var share: Int
  @usableFromInline var segmentCount: Int
  @usableFromInline var payload: Int
  @usableFromInline let packet: IPPacket
  @usableFromInline let isTCP: Bool
  /// Whether what follows the last segment is left out.
  @usableFromInline var isBeginning = false

  /// Plans the cut of a TCP packet so that no IP packet exceeds `maximumPacket` bytes and, where `segmentSize` (the
  /// gso_size of the capture) is not 0, none carries more payload than that. Nil if the packet is not a whole TCP
  /// packet with payload, or the limit leaves no room for payload.
  @inlinable
  public init?(tcp network: RawSpan, _ packet: IPPacket, maximumPacket: Int, segmentSize: Int = 0) {
    guard packet.upperProtocol == IPProtocol.tcp, !packet.isFragment, !packet.isTruncated else { return nil }
    let start = packet.headerByteCount
    guard packet.end - start >= TCPHeader.minimumByteCount else { return nil }
    let tcpHeader = TCPHeader.byteCount(network, at: start)
    guard tcpHeader >= TCPHeader.minimumByteCount, start + tcpHeader < packet.end else { return nil }
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
    let payload = start + UDPHeader.byteCount
    guard packet.end - payload > segmentSize,
      payload + segmentSize - packet.jumboHeaderByteCount <= IPv4Header.maximumPacket
    else { return nil }
    self.init(
      packet, isTCP: false, payloadOffset: payload, maximumPacket: IPv4Header.maximumPacket, segmentSize: segmentSize)
  }

  @inlinable
  init?(_ packet: IPPacket, isTCP: Bool, payloadOffset: Int, maximumPacket: Int, segmentSize: Int) {
    self.packet = packet
    self.isTCP = isTCP
    self.payloadOffset = payloadOffset
    // A jumbo payload option is illegal in a packet below 64 KiB (RFC 2675 section 3), so segments go without it.
    headerByteCount = payloadOffset - packet.jumboHeaderByteCount
    payload = packet.end - payloadOffset
    let room = min(maximumPacket, IPv4Header.maximumPacket) - headerByteCount
    guard room > 0 else { return nil }
    share = segmentSize > 0 ? min(segmentSize, room) : room
    segmentCount = (payload + share - 1) / share
  }

  /// Makes all segments of one size, where the payload can be shared so among the same number of them.
  @inlinable
  public mutating func shareEvenly() {
    if payloadByteCount % count == 0 { share = payloadByteCount / count }
  }

  /// Leaves out what follows the first `byteCount` payload bytes, of which there must be more.
  public mutating func keepBeginning(_ byteCount: Int) {
    precondition(byteCount > 0 && byteCount < payloadByteCount)
    payload = byteCount
    segmentCount = (byteCount + share - 1) / share
    isBeginning = true
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
      out.write(
        UInt16(truncatingIfNeeded: headerByteCount - IPv6Header.byteCount + payload), IPv6Header.payloadLength,
        at: offset)
    }

    var sum = packet.pseudoHeader(network, byteCount: upperByteCount)
    if isTCP {
      emitTCP(index, network, into: &out, at: upper)
      sum.add(out.bytes, from: upper, count: headerByteCount - ipHeader)
      sum.add(network, from: start, count: payload)
      out.write(sum.checksum, TCPHeader.checksum, at: upper)
    } else {
      out.write(UInt16(truncatingIfNeeded: upperByteCount), UDPHeader.length, at: upper)
      // A sender that left out the checksum (allowed over IPv4) left it out of each datagram.
      guard network.read(UDPHeader.checksum, at: packet.headerByteCount) != 0 else { return }
      out.write(0, UDPHeader.checksum, at: upper)
      sum.add(out.bytes, from: upper, count: UDPHeader.byteCount)
      sum.add(network, from: start, count: payload)
      out.write(sum.udpChecksum, UDPHeader.checksum, at: upper)
    }
  }

  @inlinable
  func copyHeaders(_ network: RawSpan, into out: inout MutableRawSpan, at offset: Int) {
    let jumbo = packet.jumboHeaderByteCount
    guard jumbo > 0 else {
      out.copy(network, from: 0, count: headerByteCount, to: offset)
      return
    }
    let basic = IPv6Header.byteCount
    out.copy(network, from: 0, count: basic, to: offset)
    out.write(network.read(IPv6Extension.nextHeader, at: basic), IPv6Header.nextHeader, at: offset)
    out.copy(network, from: basic + jumbo, count: headerByteCount - basic, to: offset + basic)
  }

  @inlinable
  func emitIPv4(_ index: Int, _ network: RawSpan, byteCount: Int, into out: inout MutableRawSpan, at offset: Int) {
    out.write(UInt16(truncatingIfNeeded: byteCount), IPv4Header.totalLength, at: offset)
    let identification = network.read(IPv4Header.identification) &+ UInt16(truncatingIfNeeded: index)
    out.write(identification, IPv4Header.identification, at: offset)
    IPv4Header.completeChecksum(&out, at: offset, byteCount: packet.headerByteCount)
  }

  @inlinable
  func emitTCP(_ index: Int, _ network: RawSpan, into out: inout MutableRawSpan, at upper: Int) {
    let original = packet.headerByteCount
    let skipped = UInt32(truncatingIfNeeded: index * payloadPerSegment)
    out.write(network.read(TCPHeader.sequence, at: original) &+ skipped, TCPHeader.sequence, at: upper)
    var flags = network.read(TCPHeader.flags, at: original)
    if index > 0 { flags &= ~TCPHeader.cwr }
    if index < count - 1 || isBeginning { flags &= ~(TCPHeader.fin | TCPHeader.psh) }
    // The urgent pointer counts from the segment's own sequence number (RFC 9293 section 3.1).
    if index > 0, flags & TCPHeader.urg != 0 {
      let urgent = Int(network.read(TCPHeader.urgentPointer, at: original)) - index * payloadPerSegment
      if urgent <= 0 { flags &= ~TCPHeader.urg }
      out.write(UInt16(truncatingIfNeeded: max(urgent, 0)), TCPHeader.urgentPointer, at: upper)
    }
    out.write(flags, TCPHeader.flags, at: upper)
    out.write(0, TCPHeader.checksum, at: upper)
  }
}
