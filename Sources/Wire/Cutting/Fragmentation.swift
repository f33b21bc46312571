/// How an oversize IP packet that cannot be segmented is cut into IP fragments (RFC 791 section 3.2, RFC 8200 section
/// 4.5).
///
/// This fragments the *inner* packet, so nothing is lost at the collector; the outer packet is never fragmented. A
/// packet that is itself a fragment is cut further. An IPv4 packet with DF set is cut too, because the collector must
/// see the bytes, and its fragments go without DF. The identification it came with means nothing (RFC 6864 section 4.1),
/// so senders use one value over and over, and fragments of several packets would be put together to one: it is replaced
/// by a fresh one, as is 0, which some senders write for "none". Fragments keep theirs, on which their kin depend.
public struct Fragmentation: BitwiseCopyable, Sendable {
  /// Header bytes of the first fragment; IPv6: with the fragment header.
  public let headerByteCount: Int
  /// Payload bytes of every fragment but the last, a multiple of 8.
  public let payloadPerFragment: Int
  /// Number of fragments, at least 1.
  public let count: Int
  /// Offset in the packet of the first byte that fragments carry.
  public let payloadOffset: Int
  /// Bytes that the fragments carry in all.
  public let payloadByteCount: Int

  @usableFromInline let packet: IPPacket
  /// IPv4: bytes of the options that are copied into every fragment (RFC 791 section 3.1), padded to 4.
  @usableFromInline let copiedOptionByteCount: Int
  /// Offset and M bit of the packet where it is a fragment itself: in units of 8 bytes, and 0 or 1.
  @usableFromInline let baseOffset: Int
  @usableFromInline let hasMore: Bool
  @usableFromInline let identification: UInt32

  /// Plans the cut so that no fragment exceeds `maximumPacket` bytes. `identification` names the fragments of a
  /// packet that has none of its own that could be relied on (IPv4 takes the low 16 bits). Nil for a packet that is truncated or a jumbogram,
  /// for a fragment whose end lies beyond what an offset can say, or if the limit leaves no room for 8 bytes of
  /// payload.
  @inlinable
  public init?(_ network: RawSpan, _ packet: IPPacket, maximumPacket: Int, identification: UInt32) {
    guard !packet.isTruncated else { return nil }
    self.packet = packet
    if packet.version == 4 {
      // The offset field counts to 65,528: what lies beyond cannot be said.
      guard packet.end <= IPv4Header.maximumPacket else { return nil }
      payloadOffset = packet.headerByteCount
      headerByteCount = packet.headerByteCount
      let flags = network.read(IPv4Header.flagsAndOffset)
      baseOffset = IPv4Header.fragmentOffset(network) / 8
      hasMore = flags & IPv4Header.moreFragments != 0
      let own = network.read(IPv4Header.identification)
      let needsOne = !packet.isFragment && (own == 0 || flags & IPv4Header.dontFragment != 0)
      self.identification = needsOne ? identification & 0xFFFF : UInt32(own)
      copiedOptionByteCount = Self.copiedOptions(network, packet)
    } else {
      guard packet.end <= IPv6Header.byteCount + 65_535, packet.jumboHeaderByteCount == 0 else { return nil }
      copiedOptionByteCount = 0
      headerByteCount = packet.unfragmentableByteCount + IPv6FragmentHeader.byteCount
      // A fragment header that is there already directly follows the unfragmentable part; a packet with headers
      // between is cut in front of them.
      let own = packet.unfragmentableByteCount
      if packet.end - own >= IPv6FragmentHeader.byteCount,
        network.uint8(at: packet.nextHeaderOffset) == IPProtocol.fragment
      {
        payloadOffset = own + IPv6FragmentHeader.byteCount
        baseOffset = IPv6FragmentHeader.fragmentOffset(network, at: own) / 8
        hasMore = network.read(IPv6FragmentHeader.offsetAndMore, at: own) & IPv6FragmentHeader.moreFragments != 0
        self.identification = network.read(IPv6FragmentHeader.identification, at: own)
      } else {
        guard !packet.isFragment else { return nil }
        payloadOffset = own
        baseOffset = 0
        hasMore = false
        self.identification = identification
      }
    }
    payloadByteCount = packet.end - payloadOffset
    let room = (min(maximumPacket, IPv4Header.maximumPacket) - headerByteCount) & ~7
    guard room > 0, payloadByteCount > 0 else { return nil }
    payloadPerFragment = room
    count = (payloadByteCount + room - 1) / room
    // A forged fragment may lie so far out that its pieces would wrap to the packet's start.
    guard baseOffset + (count - 1) * (room / 8) <= 0x1FFF else { return nil }
  }

  /// Payload bytes of fragment `index`.
  @inlinable public func payloadCount(_ index: Int) -> Int {
    min(payloadPerFragment, payloadByteCount - index * payloadPerFragment)
  }

  /// Header bytes of fragment `index`: later IPv4 fragments repeat only the options that ask for it.
  @inlinable public func headerCount(_ index: Int) -> Int {
    packet.version == 4 && index > 0 ? IPv4Header.minimumByteCount + copiedOptionByteCount : headerByteCount
  }

  /// Writes the header of fragment `index` (`headerCount(index)` bytes) to `out` from `offset` on. `network` is the
  /// packet the plan was made from. Traps if `out` is too short.
  @inlinable
  public func emitHeader(_ index: Int, _ network: RawSpan, into out: inout MutableRawSpan, at offset: Int) {
    let position = baseOffset + index * (payloadPerFragment / 8)
    let more = hasMore || index < count - 1
    if packet.version == 4 {
      emitIPv4(index, network, position, more, into: &out, at: offset)
    } else {
      emitIPv6(index, network, position, more, into: &out, at: offset)
    }
  }

  @inlinable
  func emitIPv4(
    _ index: Int, _ network: RawSpan, _ position: Int, _ more: Bool, into out: inout MutableRawSpan, at offset: Int
  ) {
    let header = headerCount(index)
    out.copy(network, from: 0, count: index == 0 ? header : IPv4Header.minimumByteCount, to: offset)
    if index > 0 { emitCopiedOptions(network, into: &out, at: offset + IPv4Header.minimumByteCount) }
    out.write(UInt8(0x40 | header / 4), IPv4Header.versionAndLength, at: offset)
    out.write(UInt16(truncatingIfNeeded: header + payloadCount(index)), IPv4Header.totalLength, at: offset)
    out.write(UInt16(truncatingIfNeeded: identification), IPv4Header.identification, at: offset)
    // DF stays on what was a fragment already: its kin have it too.
    let kept = IPv4Header.reservedFlag | (packet.isFragment ? IPv4Header.dontFragment : 0)
    let flags = network.read(IPv4Header.flagsAndOffset) & kept | (more ? IPv4Header.moreFragments : 0)
    let place = UInt16(truncatingIfNeeded: position) & IPv4Header.offsetMask
    out.write(flags | place, IPv4Header.flagsAndOffset, at: offset)
    IPv4Header.completeChecksum(&out, at: offset, byteCount: header)
  }

  @inlinable
  func emitIPv6(
    _ index: Int, _ network: RawSpan, _ position: Int, _ more: Bool, into out: inout MutableRawSpan, at offset: Int
  ) {
    let own = packet.unfragmentableByteCount
    out.copy(network, from: 0, count: own, to: offset)
    let length = headerByteCount - IPv6Header.byteCount + payloadCount(index)
    out.write(UInt16(truncatingIfNeeded: length), IPv6Header.payloadLength, at: offset)
    out.store(IPProtocol.fragment, at: offset + packet.nextHeaderOffset)
    // What follows: from the packet's own fragment header, or what the unfragmentable part announced.
    let next = network.uint8(at: payloadOffset > own ? own : packet.nextHeaderOffset)
    let header = offset + own
    out.write(next, IPv6FragmentHeader.nextHeader, at: header)
    out.write(0, IPv6FragmentHeader.reserved, at: header)
    let place = UInt16(truncatingIfNeeded: position << 3) | (more ? IPv6FragmentHeader.moreFragments : 0)
    out.write(place, IPv6FragmentHeader.offsetAndMore, at: header)
    out.write(identification, IPv6FragmentHeader.identification, at: header)
  }

  @inlinable static func copiedOptions(_ network: RawSpan, _ packet: IPPacket) -> Int {
    var bytes = 0
    var at = IPv4Header.minimumByteCount
    while let option = IPv4Header.copiedOption(network, byteCount: packet.headerByteCount, from: at) {
      bytes += option.count
      at = option.upperBound
    }
    return (bytes + 3) & ~3
  }

  @inlinable
  func emitCopiedOptions(_ network: RawSpan, into out: inout MutableRawSpan, at offset: Int) {
    var at = IPv4Header.minimumByteCount
    var to = offset
    while let option = IPv4Header.copiedOption(network, byteCount: packet.headerByteCount, from: at) {
      out.copy(network, from: option.lowerBound, count: option.count, to: to)
      to += option.count
      at = option.upperBound
    }
    while to < offset + copiedOptionByteCount {
      out.store(UInt8(0), at: to)
      to += 1
    }
  }
}
