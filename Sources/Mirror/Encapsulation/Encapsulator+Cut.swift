import Capture
import Transport
import Wire

// The step `cut`: from policy, path and packet to what is sent. Nothing is written here.
extension Encapsulator {
  /// Whether the frame goes as it is without a further look, as most do.
  @inline(__always)
  func goesWhole(_ frame: InnerFrame) -> Bool {
    frame.byteCount <= maximumFrame && frame.offload.kind == .none && !frame.isSnapped
  }

  /// How the frame is to be cut; counts what is done to it.
  @inline(never)
  mutating func cut(_ frame: InnerFrame, _ packet: IPPacket?, isFirst: Bool) -> Cut {
    let fits = frame.byteCount <= maximumFrame
    if let packet, !frame.isSnapped {
      if frame.offload.kind == .udp, fits || policy.oversize != .drop, let plan = datagrams(frame, packet) {
        return cutDatagrams(frame, plan, isFirst: isFirst)
      }
      if let plan = segments(frame, packet, fits: fits) {
        if isFirst { counters.segmented &+= 1 }
        return .segments(plan)
      }
    }
    guard !fits else {
      if frame.isSnapped { counters.truncated &+= 1 }
      return .whole(networkByteCount: frame.networkByteCount)
    }
    return cutOversize(frame, packet, isFirst: isFirst)
  }

  /// The datagrams of a UDP super-datagram, if the capture says it is one. In a tunnel the inner datagrams are meant:
  /// their checksum, not that of the outer header, is the open one.
  private func datagrams(_ frame: InnerFrame, _ packet: IPPacket) -> Segmentation? {
    guard frame.offload.checksum != .open || Int(frame.offload.checksumStart) == packet.headerByteCount else {
      return nil
    }
    return Segmentation(udp: frame.packetBytes, packet, segmentSize: Int(frame.offload.segmentSize))
  }

  private mutating func cutDatagrams(_ frame: InnerFrame, _ plan: Segmentation, isFirst: Bool) -> Cut {
    if isFirst { counters.segmented &+= 1 }
    let longest = frame.linkByteCount + plan.headerByteCount + plan.payloadPerSegment
    guard longest > maximumFrame else { return .segments(plan) }
    if isFirst, policy.oversize == .segment { counters.fragmented &+= 1 }
    if isFirst, policy.oversize == .truncate { counters.truncated &+= 1 }
    return .datagrams(plan)
  }

  /// The segments of a TCP packet that does not fit, or that is to go as it was on the wire.
  private func segments(_ frame: InnerFrame, _ packet: IPPacket, fits: Bool) -> Segmentation? {
    guard policy.oversize == .segment else { return nil }
    let wireSize = policy.segment == .wire && frame.offload.kind == .tcp ? Int(frame.offload.segmentSize) : 0
    guard !fits || wireSize > 0,
      var plan = Segmentation(
        tcp: frame.packetBytes, packet, maximumPacket: maximumFrame - frame.linkByteCount, segmentSize: wireSize),
      plan.count > 1 || !fits
    else { return nil }
    // What one send cannot take of the frame can go with the next one's segments, if all are of one size.
    let perSegment = Tunnel.headerByteCount + frame.linkByteCount + plan.headerByteCount
    if wireSize == 0, plan.payloadByteCount + plan.count * perSegment > DatagramSender.maximumSendByteCount {
      plan.shareEvenly()
    }
    return plan
  }

  /// What OVERSIZE says of a frame that does not fit and has no segments.
  private mutating func cutOversize(_ frame: InnerFrame, _ packet: IPPacket?, isFirst: Bool) -> Cut {
    guard policy.oversize != .drop else { return .nothing }
    if policy.oversize == .segment, let packet, !frame.isSnapped {
      identification &+= 1
      if let plan = Fragmentation(
        frame.packetBytes, packet, maximumPacket: maximumFrame - frame.linkByteCount, identification: identification)
      {
        if isFirst { counters.fragmented &+= 1 }
        return .fragments(plan)
      }
    }
    // A path so narrow that not even the Ethernet header fits carries nothing.
    guard maximumFrame >= frame.linkByteCount else { return .nothing }
    if isFirst { counters.truncated &+= 1 }
    return .whole(networkByteCount: maximumFrame - frame.linkByteCount)
  }

  /// Mirrors the first so many payload bytes of a TCP super-frame, up to the end of a segment; all of a frame that is
  /// one segment.
  @inline(never)
  mutating func mirrorBeginning(
    _ frame: InnerFrame, _ packet: IPPacket?, _ flow: FlowHash, payloadByteCount: Int, index: Int
  ) {
    let shipment = Shipment(
      index: index, placement: sender.placement(of: flow, shared: frame.sharedFlowHash(packet)), isFirst: true)
    guard let packet, policy.oversize == .segment, let plan = beginning(frame, packet, payloadByteCount) else {
      if goesWhole(frame) {
        queueWhole(
          frame, packet, networkByteCount: frame.networkByteCount, index: index, shipment.placement)
      } else {
        queue(cut(frame, packet, isFirst: true), frame, packet, shipment)
      }
      return
    }
    counters.segmented &+= 1
    counters.withheldDepthBytes &+= UInt64(packet.end - plan.payloadOffset - plan.payloadByteCount)
    queue(.segments(plan), frame, packet, shipment)
  }

  /// The segments of the beginning of a super-frame; nil if it is none, or all of it is to go.
  private func beginning(_ frame: InnerFrame, _ packet: IPPacket, _ byteCount: Int) -> Segmentation? {
    let segment = frame.offload.kind == .tcp ? Int(frame.offload.segmentSize) : 0
    // Without metadata it is known by its length alone.
    guard segment > 0 || frame.byteCount > maximumFrame,
      var plan = Segmentation(
        tcp: frame.packetBytes, packet, maximumPacket: maximumFrame - frame.linkByteCount,
        segmentSize: policy.segment == .wire ? segment : 0)
    else { return nil }
    let kept = segment > 0 ? (byteCount + segment - 1) / segment * segment : byteCount
    guard kept < plan.payloadByteCount else { return nil }
    plan.keepBeginning(kept)
    return plan
  }
}
