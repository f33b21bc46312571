import Capture
import Transport
import Wire

/// A frame's way from the capture to the sockets, step by step: decode, select, cut, wrap, queue, send, account.
///
/// Payload is never copied here: a datagram is a header in fixed memory (tunnel header and rewritten inner headers) and
/// a tail in the capture buffer, or the frame where it lies with the tunnel header written in front of it.
@safe
struct Encapsulator: ~Copyable {
  var sender: DatagramSender
  var counters = CaptureCounters()
  /// How frames are treated; of a change the VNI does not take effect.
  var policy: Policy
  let tunnel: Tunnel
  var arena = HeaderArena()
  /// Bytes of the largest inner frame that fits.
  var maximumFrame: Int
  /// Of the last packet that was fragmented and had no identification that means anything.
  var identification = UInt32.random(in: 0...UInt32.max)
  private let flowKey = FlowHash.Key.process

  init(to collectors: CollectorSet, balancer: FlowBalancer, policy: Policy) {
    sender = DatagramSender(to: collectors, balancer: balancer, frameCapacity: FrameBatch.capacity)
    self.policy = policy
    tunnel = Tunnel(vni: policy.vni)
    maximumFrame = collectors.maximumFrame(mtu: policy.mtu)
  }

  /// Mirrors every frame of the batch that `selector` selects.
  mutating func mirror(_ batch: borrowing FrameBatch, _ selector: inout FrameSelector) {
    // Paths may have changed.
    maximumFrame = sender.collectors.maximumFrame(mtu: policy.mtu)
    let (datagramsBefore, bytesBefore) = (sender.counters.sentDatagrams, sender.counters.sentBytes)
    selector.begin(FrameCost(to: sender.collectors, maximumFrame: maximumFrame))
    var hashes = InlineArray<16, FlowHash>(repeating: FlowHash(value: 0))
    for index in 0..<batch.count {
      if selector.followsFlows, index % hashes.count == 0 {
        Self.lookAhead(batch, from: index, &hashes, key: flowKey, selector.flows.table)
      }
      let captured = batch[index]
      counters.captured &+= 1
      counters.capturedBytes &+= UInt64(captured.wireByteCount)
      let frame = InnerFrame(captured)
      let packet = IPPacket(frame.packetBytes, etherType: frame.etherType)
      let flow = selector.followsFlows ? hashes[index % hashes.count] : frame.flowHash(packet, key: flowKey)
      switch selector.select(frame, packet, flow, timestamp: captured.timestamp) {
      case .mirrored: break
      case .withheld(let rule):
        counters.addWithheld(rule, captured.wireByteCount)
        continue
      case .shortened(let byteCount):
        mirrorBeginning(frame, packet, flow, payloadByteCount: byteCount, index: index)
        continue
      case .loop:
        counters.droppedLoop &+= 1
        continue
      case .sampledOut:
        counters.droppedSample &+= 1
        continue
      case .overRate:
        counters.droppedRate &+= 1
        continue
      case .overCPU:
        counters.droppedCPU &+= 1
        continue
      }
      let placement = sender.placement(of: flow, shared: frame.sharedFlowHash(packet))
      if goesWhole(frame) {
        queueWhole(frame, packet, networkByteCount: frame.networkByteCount, index: index, placement)
      } else {
        let shipment = Shipment(index: index, placement: placement, isFirst: true)
        queue(cut(frame, packet, isFirst: true), frame, packet, shipment)
      }
    }
    send()
    sender.commit(frameCount: batch.count)
    selector.sent(
      datagrams: sender.counters.sentDatagrams &- datagramsBefore, bytes: sender.counters.sentBytes &- bytesBefore)
  }

  /// Hashes the flows of the next frames, and has the processor fetch what the selector asks about them: a look at each in
  /// turn would wait for memory.
  @inline(never)
  private static func lookAhead(
    _ batch: borrowing FrameBatch, from start: Int, _ hashes: inout InlineArray<16, FlowHash>, key: FlowHash.Key,
    _ table: borrowing FlowTable
  ) {
    for index in start..<min(start + hashes.count, batch.count) {
      let frame = InnerFrame(batch[index])
      let hash = frame.flowHash(IPPacket(frame.packetBytes, etherType: frame.etherType), key: key)
      table.prefetch(hash)
      hashes[index - start] = hash
    }
  }

  /// Sends everything that waits.
  mutating func send() {
    sender.flush()
    if sender.hasTooBig { sendTooBig() }
    arena.removeAll()
  }

  /// Sends what waits if there is no room for another datagram with `headerByteCount` bytes of headers of its own.
  @inline(__always)
  mutating func makeRoom(headerByteCount: Int) {
    if !sender.hasRoom(for: 1) || !arena.hasRoom(headerByteCount) { send() }
  }

  /// Counts a frame that goes nowhere. Of one that was queued before, and now fits no more, a part is lost.
  mutating func drop(_ shipment: Shipment) {
    if shipment.isFirst {
      counters.droppedOversize &+= 1
    } else {
      sender.drop(frame: shipment.index, placement: shipment.placement)
    }
  }
}
