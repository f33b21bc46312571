import Transport
import Wire

// The steps `wrap` and `queue` of a frame's way.
extension Encapsulator {
  /// Wraps and queues the datagrams of a cut, and sends what waits where there is no room for the next.
  @inline(never)
  mutating func queue(_ cut: Cut, _ frame: InnerFrame, _ packet: IPPacket?, _ shipment: Shipment) {
    switch cut {
    case .whole(let networkByteCount):
      queueWhole(frame, packet, networkByteCount: networkByteCount, index: shipment.index, shipment.placement)
    case .segments(let plan):
      for piece in 0..<plan.count {
        makeRoom(headerByteCount: headerByteCount(frame, plan.headerByteCount))
        queueSegment(piece, plan, frame, shipment)
      }
    case .datagrams(let plan):
      for piece in 0..<plan.count { queueDatagram(piece, plan, frame, shipment) }
    case .fragments(let plan):
      // The checksum covers all fragments and stands in one of them.
      let patch = partialChecksum(frame, packet)
      for piece in 0..<plan.count {
        let copied = copiedByteCount(piece, plan, patch)
        makeRoom(headerByteCount: headerByteCount(frame, plan.headerCount(piece) + copied))
        queueFragment(piece, plan, frame, patch: patch, copied: copied, shipment)
      }
    case .nothing:
      drop(shipment)
    }
  }

  /// Wraps and queues the frame as one datagram with `networkByteCount` bytes of its packet. The common case, so no
  /// `Cut` and no `Shipment` is made for it.
  mutating func queueWhole(
    _ frame: InnerFrame, _ packet: IPPacket?, networkByteCount: Int, index: Int, _ placement: FlowPlacement
  ) {
    // What is cut off is part of what a checksum covers.
    let patch = networkByteCount == frame.networkByteCount ? partialChecksum(frame, packet) : nil
    makeRoom(headerByteCount: frame.isWritable ? 0 : headerByteCount(frame, patch?.end ?? 0))
    queueWhole(frame, networkByteCount: networkByteCount, patch: patch, index: index, placement)
  }

  /// Bytes in front of a piece's payload: the tunnel's header, the link's, and `rest`.
  @inline(__always)
  func headerByteCount(_ frame: InnerFrame, _ rest: Int) -> Int {
    Tunnel.headerByteCount + frame.linkByteCount + rest
  }

  /// Queues the frame as one datagram with `networkByteCount` bytes of its packet. There must be room.
  @inline(__always)
  mutating func queueWhole(
    _ frame: InnerFrame, networkByteCount: Int, patch: FieldValue?, index: Int, _ placement: FlowPlacement
  ) {
    if frame.isWritable {
      let start = unsafe frame.network - frame.linkByteCount - Tunnel.headerByteCount
      unsafe writeLink(frame, to: start)
      if let patch { frame.overwrite(patch) }
      unsafe sender.append(
        head: start, headByteCount: headerByteCount(frame, networkByteCount), tail: nil, tailByteCount: 0,
        frame: index, placement: placement)
      return
    }
    // Everything up to the patched field goes into the header.
    let copied = patch?.end ?? 0
    let header = unsafe reserveHeader(frame, copied)
    if let patch {
      var out = unsafe MutableRawSpan(_unsafeStart: header + headerByteCount(frame, 0), byteCount: copied)
      out.copy(frame.packetBytes, from: 0, count: copied, to: 0)
      patch.emit(within: 0..<copied, into: &out, at: 0)
    }
    unsafe sender.append(
      head: header, headByteCount: headerByteCount(frame, copied), tail: frame.network + copied,
      tailByteCount: networkByteCount - copied, frame: index, placement: placement)
  }

  /// Queues a segment: its headers in the arena, payload where it was captured. There must be room.
  mutating func queueSegment(_ piece: Int, _ plan: Segmentation, _ frame: InnerFrame, _ shipment: Shipment) {
    let header = unsafe reserveHeader(frame, plan.headerByteCount)
    var out = unsafe MutableRawSpan(_unsafeStart: header + headerByteCount(frame, 0), byteCount: plan.headerByteCount)
    plan.emitHeader(piece, frame.packetBytes, into: &out, at: 0)
    unsafe sender.append(
      head: header, headByteCount: headerByteCount(frame, plan.headerByteCount),
      tail: frame.network + plan.payloadOffset + piece * plan.payloadPerSegment,
      tailByteCount: plan.payloadCount(piece),
      frame: shipment.index, placement: shipment.placement)
  }

  /// Payload bytes of a fragment that go into its header: those up to the patched field, or to the part of it that is in
  /// this piece, so that the capture buffer is not written to.
  func copiedByteCount(_ piece: Int, _ plan: Fragmentation, _ patch: FieldValue?) -> Int {
    guard let patch else { return 0 }
    let start = plan.payloadOffset + piece * plan.payloadPerFragment
    let count = plan.payloadCount(piece)
    return patch.end > start && patch.offset < start + count ? min(patch.end - start, count) : 0
  }

  /// Queues a fragment, `copied` bytes of its payload in its header. There must be room.
  mutating func queueFragment(
    _ piece: Int, _ plan: Fragmentation, _ frame: InnerFrame, patch: FieldValue?, copied: Int, _ shipment: Shipment
  ) {
    let start = plan.payloadOffset + piece * plan.payloadPerFragment
    let inner = plan.headerCount(piece)
    let header = unsafe reserveHeader(frame, inner + copied)
    var out = unsafe MutableRawSpan(_unsafeStart: header + headerByteCount(frame, 0), byteCount: inner + copied)
    plan.emitHeader(piece, frame.packetBytes, into: &out, at: 0)
    if copied > 0, let patch {
      out.copy(frame.packetBytes, from: start, count: copied, to: inner)
      patch.emit(within: start..<start + copied, into: &out, at: inner)
    }
    unsafe sender.append(
      head: header, headByteCount: headerByteCount(frame, inner + copied), tail: frame.network + start + copied,
      tailByteCount: plan.payloadCount(piece) - copied, frame: shipment.index, placement: shipment.placement)
  }

  /// Takes memory for tunnel header, link header and `byteCount` more, and writes the first two.
  private mutating func reserveHeader(_ frame: InnerFrame, _ byteCount: Int) -> UnsafeMutableRawPointer {
    let header = unsafe arena.reserve(headerByteCount(frame, byteCount))
    unsafe writeLink(frame, to: header)
    return unsafe header
  }

  /// Writes the tunnel's header and the link's, unless that stands there already.
  @inline(__always)
  func writeLink(_ frame: InnerFrame, to start: UnsafeMutableRawPointer) {
    unsafe start.storeBytes(of: tunnel.header, as: UInt64.self)
    let link = unsafe start + Tunnel.headerByteCount
    if let made = frame.synthesized {
      var out = unsafe MutableRawSpan(_unsafeStart: link, byteCount: SynthesizedEthernet.byteCount)
      made.emit(into: &out, at: 0)
    } else if unsafe link != frame.network - frame.linkByteCount {
      unsafe link.copyMemory(from: frame.network - frame.linkByteCount, byteCount: frame.linkByteCount)
    }
  }
}
