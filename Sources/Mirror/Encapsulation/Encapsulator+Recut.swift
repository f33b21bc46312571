import Transport
import Wire

// Datagrams that have to be cut a second time.
extension Encapsulator {
  /// Sends in a row that may find a path smaller still before what does not fit is given up.
  private static let maximumRounds = 4

  /// Rare: a path has come to carry less since its frames were cut. What was too big holds whole Ethernet frames; these
  /// are cut again for the path as it is now, and sent, until none is left.
  mutating func sendTooBig() {
    var waiting = sender.takeTooBig().map(FrameCopy.init)
    var rounds = 0
    while !waiting.isEmpty {
      arena.removeAll()
      maximumFrame = sender.collectors.maximumFrame(mtu: policy.mtu)
      var queued = 0
      while queued < waiting.count, requeue(waiting[queued], isAlone: queued == 0) { queued += 1 }
      sender.flush()
      // What was too big once more goes before the rest, of whose flows it may be.
      var again = sender.takeTooBig().map(FrameCopy.init)
      rounds += again.isEmpty ? 0 : 1
      if rounds >= Self.maximumRounds {
        for copy in again { sender.drop(frame: copy.frame, placement: copy.placement) }
        again = []
      }
      waiting = again + waiting[queued...]
    }
  }

  /// Cuts a frame and queues its pieces; false if there is no room for all of them before the next send. A frame that
  /// `isAlone` in the queue and has no room there is lost.
  private mutating func requeue(_ copy: FrameCopy, isAlone: Bool) -> Bool {
    let frame = copy.inner
    let packet = IPPacket(frame.packetBytes, etherType: frame.etherType)
    let shipment = Shipment(index: copy.frame, placement: copy.placement, isFirst: false)
    let cut = cut(frame, packet, isFirst: false)
    if hasRoom(for: cut, frame) {
      queueInRoom(cut, frame, shipment)
    } else if isAlone {
      drop(shipment)
    } else {
      return false
    }
    return true
  }

  /// Whether all pieces of a frame that was made here fit into queue and arena.
  private mutating func hasRoom(for cut: Cut, _ frame: InnerFrame) -> Bool {
    let (count, inner) =
      switch cut {
      case .whole, .nothing: (1, 0)
      case .segments(let plan), .datagrams(let plan): (plan.count, plan.headerByteCount)
      case .fragments(let plan): (plan.count, plan.headerByteCount)
      }
    // The arena rounds to eight bytes.
    return sender.hasRoom(for: count) && arena.hasRoom(count * (headerByteCount(frame, inner) + 7))
  }

  /// Queues all pieces of a frame that was made here, for which there is room: its checksums are finished, and the
  /// capture says nothing of it that would make it a super-datagram.
  mutating func queueInRoom(_ cut: Cut, _ frame: InnerFrame, _ shipment: Shipment) {
    switch cut {
    case .whole(let networkByteCount):
      queueWhole(frame, networkByteCount: networkByteCount, patch: nil, index: shipment.index, shipment.placement)
    case .segments(let plan):
      for piece in 0..<plan.count { queueSegment(piece, plan, frame, shipment) }
    case .fragments(let plan):
      for piece in 0..<plan.count { queueFragment(piece, plan, frame, patch: nil, copied: 0, shipment) }
    case .datagrams, .nothing:
      drop(shipment)
    }
  }

  /// Makes one datagram of a super-datagram whole, in the arena, and has it cut like any frame that does not fit.
  mutating func queueDatagram(_ piece: Int, _ plan: Segmentation, _ frame: InnerFrame, _ shipment: Shipment) {
    let payload = plan.payloadCount(piece)
    let byteCount = frame.linkByteCount + plan.headerByteCount + payload
    // Room for its pieces as well: sending in between would free the arena, and the datagram with it.
    let perPiece = max(64, maximumFrame - frame.linkByteCount - plan.headerByteCount - 16)
    let pieces = byteCount / perPiece + 2
    let needed = Tunnel.headerByteCount + byteCount + pieces * (frame.linkByteCount + plan.headerByteCount + 48)
    if !sender.hasRoom(for: pieces) || !arena.hasRoom(needed) { send() }
    let start = unsafe arena.reserve(Tunnel.headerByteCount + byteCount) + Tunnel.headerByteCount
    unsafe writeLink(frame, to: start - Tunnel.headerByteCount)
    var out = unsafe MutableRawSpan(
      _unsafeStart: start + frame.linkByteCount, byteCount: byteCount - frame.linkByteCount)
    plan.emitHeader(piece, frame.packetBytes, into: &out, at: 0)
    out.copy(
      frame.packetBytes, from: plan.payloadOffset + piece * plan.payloadPerSegment, count: payload,
      to: plan.headerByteCount)
    let datagram = unsafe InnerFrame(rebuilt: start, byteCount: byteCount, headroom: Tunnel.headerByteCount)
    let packet = IPPacket(datagram.packetBytes, etherType: datagram.etherType)
    let part = Shipment(index: shipment.index, placement: shipment.placement, isFirst: false)
    queueInRoom(cut(datagram, packet, isFirst: false), datagram, part)
  }
}
