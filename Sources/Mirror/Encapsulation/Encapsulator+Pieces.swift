import Transport
import Wire

// Frames that become several datagrams.
extension Encapsulator {
  /// Queues the datagrams that a UDP super-datagram is made of.
  mutating func superDatagram(
    _ frame: InnerFrame, _ plan: Segmentation, index: Int, placement: FlowPlacement, isFirst: Bool
  ) {
    let longest = frame.linkByteCount + plan.headerByteCount + plan.payloadPerSegment
    if isFirst { counters.segmented &+= 1 }
    guard longest > maximumFrame else { return segment(frame, plan, index: index, placement: placement) }
    if isFirst, policy.oversize == .segment { counters.fragmented &+= 1 }
    if isFirst, policy.oversize == .truncate { counters.truncated &+= 1 }
    for piece in 0..<plan.count { cutDatagram(frame, plan, piece, index: index, placement: placement) }
  }

  /// Makes one datagram of a super-datagram whole, in the arena, and has it cut like any frame that does not fit.
  private mutating func cutDatagram(
    _ frame: InnerFrame, _ plan: Segmentation, _ piece: Int, index: Int, placement: FlowPlacement
  ) {
    let payload = plan.payloadCount(piece)
    let byteCount = frame.linkByteCount + plan.headerByteCount + payload
    // Room for its pieces as well: sending in between would free the arena, and the datagram with it.
    let perPiece = max(64, maximumFrame - frame.linkByteCount - plan.headerByteCount - 16)
    let pieces = byteCount / perPiece + 2
    let needed = VXLANHeader.byteCount + byteCount + pieces * (frame.linkByteCount + plan.headerByteCount + 48)
    if !sender.hasRoom(for: pieces) || !arena.hasRoom(needed) { drain() }
    let start = unsafe arena.reserve(VXLANHeader.byteCount + byteCount) + VXLANHeader.byteCount
    unsafe writeLink(frame, to: start - VXLANHeader.byteCount)
    var out = unsafe MutableRawSpan(
      _unsafeStart: start + frame.linkByteCount, byteCount: byteCount - frame.linkByteCount)
    plan.emitHeader(piece, frame.packetBytes, into: &out, at: 0)
    out.copy(
      frame.packetBytes, from: plan.payloadOffset + piece * plan.payloadPerSegment, count: payload,
      to: plan.headerByteCount)
    let datagram = unsafe InnerFrame(rebuilt: start, byteCount: byteCount, headroom: VXLANHeader.byteCount)
    let packet = IPPacket(datagram.packetBytes, etherType: datagram.etherType)
    encapsulate(datagram, packet, index: index, placement: placement, isFirst: false)
  }

  /// Queues the segments of a plan: heads in the arena, payload where it was captured.
  mutating func segment(_ frame: InnerFrame, _ plan: Segmentation, index: Int, placement: FlowPlacement) {
    for piece in 0..<plan.count {
      let head = unsafe reserveHeader(frame, plan.headerByteCount)
      var out = unsafe MutableRawSpan(
        _unsafeStart: head + VXLANHeader.byteCount + frame.linkByteCount, byteCount: plan.headerByteCount)
      plan.emitHeader(piece, frame.packetBytes, into: &out, at: 0)
      let payload = unsafe frame.network + plan.payloadOffset + piece * plan.payloadPerSegment
      unsafe sender.append(
        head: head, headByteCount: VXLANHeader.byteCount + frame.linkByteCount + plan.headerByteCount, tail: payload,
        tailByteCount: plan.payloadCount(piece), frame: index, placement: placement)
    }
  }

  /// Queues the fragments of a plan.
  mutating func fragment(
    _ frame: InnerFrame, _ packet: IPPacket, _ plan: Fragmentation, index: Int, placement: FlowPlacement
  ) {
    // The checksum covers all fragments and stands in one of them.
    let patch = partialChecksum(frame, packet)
    for piece in 0..<plan.count {
      let start = plan.payloadOffset + piece * plan.payloadPerFragment
      let count = plan.payloadCount(piece)
      // Payload up to the patched field, or to the part of it that is in this piece, goes into the head, so that the
      // capture buffer is not written to.
      var copied = 0
      if let patch, patch.end > start, patch.offset < start + count { copied = min(patch.end - start, count) }
      let header = plan.headerCount(piece)
      let head = unsafe reserveHeader(frame, header + copied)
      var out = unsafe MutableRawSpan(
        _unsafeStart: head + VXLANHeader.byteCount + frame.linkByteCount, byteCount: header + copied)
      plan.emitHeader(piece, frame.packetBytes, into: &out, at: 0)
      if copied > 0, let patch {
        out.copy(frame.packetBytes, from: start, count: copied, to: header)
        patch.emit(within: start..<start + copied, into: &out, at: header)
      }
      unsafe sender.append(
        head: head, headByteCount: VXLANHeader.byteCount + frame.linkByteCount + header + copied,
        tail: frame.network + start + copied, tailByteCount: count - copied, frame: index, placement: placement)
    }
  }
}
