import Capture
import Glibc
import Transport
import Wire

/// Turns captured frames into VXLAN datagrams that fit, and queues them on their lanes.
///
/// Payload is never copied here: a datagram is a head in fixed memory (tunnel header and rewritten inner headers) and
/// a tail in the capture buffer, or the frame where it lies with the tunnel header written in front of it.
@safe
struct Encapsulator: ~Copyable {
  var sender: DatagramSender
  var counters = CaptureCounters()
  /// How frames are treated; of a change the VNI does not take effect.
  var policy: Policy
  private let tunnelHeader: UInt64
  var arena = HeaderArena()
  var maximumFrame: Int
  let flowKey = FlowHash.Key.process
  private var identification = UInt32.random(in: 0...UInt32.max)

  init(to collectors: CollectorSet, balancer: FlowBalancer, policy: Policy) {
    sender = DatagramSender(to: collectors, balancer: balancer, frameCapacity: FrameBatch.capacity)
    self.policy = policy
    tunnelHeader = VXLANHeader(vni: policy.vni).wireBytes
    maximumFrame = collectors.maximumFrame(mtu: policy.mtu)
  }

  /// Starts a batch of frames: routes may have changed.
  mutating func begin() {
    maximumFrame = sender.collectors.maximumFrame(mtu: policy.mtu)
  }

  /// Sends what waits and settles the ledger of the batch's frames.
  mutating func end(frameCount: Int) {
    drain()
    sender.commit(frameCount: frameCount)
  }

  /// Queues the datagrams of captured frame number `index` of the batch, whose hash by `flowKey` is `flow`.
  mutating func encapsulate(_ frame: InnerFrame, _ packet: IPPacket?, _ flow: FlowHash, index: Int) {
    let placement = sender.placement(of: flow, shared: frame.sharedFlowHash(packet))
    encapsulate(frame, packet, index: index, placement: placement, isFirst: true)
  }

  mutating func encapsulate(
    _ frame: InnerFrame, _ packet: IPPacket?, index: Int, placement: FlowPlacement, isFirst: Bool
  ) {
    let fits = frame.byteCount <= maximumFrame
    if let packet, !frame.isSnapped {
      if frame.offload.kind == .udp, fits || policy.oversize != .drop, let plan = datagrams(frame, packet) {
        return superDatagram(frame, plan, index: index, placement: placement, isFirst: isFirst)
      }
      let wireSize =
        policy.segment == .wire && policy.oversize == .segment && frame.offload.kind == .tcp
        ? Int(frame.offload.segmentSize) : 0
      if !fits && policy.oversize == .segment || wireSize > 0,
        var plan = Segmentation(
          tcp: frame.packetBytes, packet, maximumPacket: maximumFrame - frame.linkByteCount, segmentSize: wireSize),
        plan.count > 1 || !fits
      {
        if isFirst { counters.segmented &+= 1 }
        // What one send cannot take of the frame can go with the next one's segments, if all are of one size.
        let perSegment = VXLANHeader.byteCount + frame.linkByteCount + plan.headerByteCount
        if wireSize == 0, plan.payloadByteCount + plan.count * perSegment > DatagramSender.maximumSendByteCount {
          plan.shareEvenly()
        }
        return segment(frame, plan, index: index, placement: placement)
      }
    }
    guard !fits else { return whole(frame, packet, index: index, placement: placement) }
    oversize(frame, packet, index: index, placement: placement, isFirst: isFirst)
  }

  private mutating func oversize(
    _ frame: InnerFrame, _ packet: IPPacket?, index: Int, placement: FlowPlacement, isFirst: Bool
  ) {
    if policy.oversize == .drop {
      return dropOversize(index: index, placement: placement, isFirst: isFirst)
    }
    if policy.oversize == .segment, let packet, !frame.isSnapped {
      identification &+= 1
      if let plan = Fragmentation(
        frame.packetBytes, packet, maximumPacket: maximumFrame - frame.linkByteCount, identification: identification)
      {
        if isFirst { counters.fragmented &+= 1 }
        return fragment(frame, packet, plan, index: index, placement: placement)
      }
    }
    // A route so narrow that not even the Ethernet header fits carries nothing.
    guard maximumFrame >= frame.linkByteCount else {
      return dropOversize(index: index, placement: placement, isFirst: isFirst)
    }
    if isFirst { counters.truncated &+= 1 }
    let kept = maximumFrame - frame.linkByteCount
    append(frame, networkByteCount: kept, patch: nil, index: index, placement: placement)
  }

  /// Of a frame that was queued before, and now fits no more, a part is lost.
  mutating func dropOversize(index: Int, placement: FlowPlacement, isFirst: Bool) {
    if isFirst {
      counters.droppedOversize &+= 1
    } else {
      sender.drop(frame: index, placement: placement)
    }
  }

  /// The datagrams of a UDP super-datagram, if the capture says it is one. In a tunnel the inner datagrams are meant:
  /// their checksum, not that of the outer header, is the open one.
  private func datagrams(_ frame: InnerFrame, _ packet: IPPacket) -> Segmentation? {
    guard frame.offload.checksum != .open || Int(frame.offload.checksumStart) == packet.headerByteCount else {
      return nil
    }
    return Segmentation(udp: frame.packetBytes, packet, segmentSize: Int(frame.offload.segmentSize))
  }

  private mutating func whole(_ frame: InnerFrame, _ packet: IPPacket?, index: Int, placement: FlowPlacement) {
    if frame.isSnapped { counters.truncated &+= 1 }
    append(
      frame, networkByteCount: frame.networkByteCount, patch: partialChecksum(frame, packet), index: index,
      placement: placement)
  }

  /// The checksum to complete, with its value.
  mutating func partialChecksum(_ frame: InnerFrame, _ packet: IPPacket?) -> FieldValue? {
    guard policy.checksum == .fill, !frame.isSnapped else { return nil }
    let found: PartialChecksum?
    switch frame.offload.checksum {
    case .finished:
      found = nil
    case .open:
      found = PartialChecksum(
        frame.packetBytes, packet, start: Int(frame.offload.checksumStart), offset: Int(frame.offload.checksumOffset))
    case .unknown:
      found = packet.flatMap { PartialChecksum(detectedIn: frame.packetBytes, $0) }
    }
    guard let found else { return nil }
    counters.checksumsFilled &+= 1
    // Of a tunnel's super-frame the outer checksum may be open as well; it covers the inner one, which must be
    // finished first.
    if let packet, found.start > packet.headerByteCount, frame.isWritable,
      let outer = PartialChecksum(detectedIn: frame.packetBytes, packet)
    {
      frame.overwrite(found.completed(frame.packetBytes))
      return outer.completed(frame.packetBytes)
    }
    return found.completed(frame.packetBytes)
  }

  /// Queues the frame as one datagram with `networkByteCount` bytes of its packet.
  private mutating func append(
    _ frame: InnerFrame, networkByteCount: Int, patch: FieldValue?, index: Int, placement: FlowPlacement
  ) {
    if frame.isWritable {
      if !sender.hasRoom(for: 1) { drain() }
      let start = unsafe frame.network - frame.linkByteCount - VXLANHeader.byteCount
      unsafe writeLink(frame, to: start)
      if let patch { frame.overwrite(patch) }
      unsafe sender.append(
        head: start, headByteCount: VXLANHeader.byteCount + frame.linkByteCount + networkByteCount, tail: nil,
        tailByteCount: 0, frame: index, placement: placement)
      return
    }
    // Everything up to the patched field goes into the head.
    let copied = patch?.end ?? 0
    let head = unsafe reserveHeader(frame, copied)
    if let patch {
      var out = unsafe MutableRawSpan(
        _unsafeStart: head + VXLANHeader.byteCount + frame.linkByteCount, byteCount: copied)
      out.copy(frame.packetBytes, from: 0, count: copied, to: 0)
      patch.emit(within: 0..<copied, into: &out, at: 0)
    }
    unsafe sender.append(
      head: head, headByteCount: VXLANHeader.byteCount + frame.linkByteCount + copied, tail: frame.network + copied,
      tailByteCount: networkByteCount - copied, frame: index, placement: placement)
  }

  /// Takes head memory for tunnel header, Ethernet header and `byteCount` more, and writes the first two. Sends what
  /// waits if there is no room for another datagram.
  mutating func reserveHeader(_ frame: InnerFrame, _ byteCount: Int) -> UnsafeMutableRawPointer {
    let needed = VXLANHeader.byteCount + frame.linkByteCount + byteCount
    if !sender.hasRoom(for: 1) || !arena.hasRoom(needed) { drain() }
    let head = unsafe arena.reserve(needed)
    unsafe writeLink(frame, to: head)
    return unsafe head
  }

  func writeLink(_ frame: InnerFrame, to head: UnsafeMutableRawPointer) {
    unsafe head.storeBytes(of: tunnelHeader, as: UInt64.self)
    let link = unsafe head + VXLANHeader.byteCount
    if let made = frame.synthesized {
      var out = unsafe MutableRawSpan(_unsafeStart: link, byteCount: SynthesizedEthernet.byteCount)
      made.emit(into: &out, at: 0)
    } else if unsafe link != frame.network - frame.linkByteCount {
      unsafe link.copyMemory(from: frame.network - frame.linkByteCount, byteCount: frame.linkByteCount)
    }
  }

  /// Sends everything that waits, cutting again what a route that has shrunk no longer carries.
  mutating func drain() {
    sender.flush()
    if sender.hasTooBig { sendTooBig() }
    arena.removeAll()
  }
}
