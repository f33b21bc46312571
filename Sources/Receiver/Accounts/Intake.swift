internal import Wire

/// What one worker does with what arrives: counts it by sender, checks it, and picks the frames that are to be handed on.
struct Intake {
  private let plan: ReceivePlan
  private var decapsulation: Decapsulation
  private(set) var senders = SenderTable()
  private var responder = ProbeResponder()

  /// Everything that was counted.
  var counters: ReceiveCounters {
    get { decapsulation.counters }
    set { decapsulation.counters = newValue }
  }

  init(_ plan: ReceivePlan) {
    self.plan = plan
    decapsulation = Decapsulation(vnis: plan.vnis)
  }

  /// Sorts the first `count` messages of `slab`. What comes after the last frame that is wanted is not looked at.
  mutating func sort(_ count: Int, of slab: borrowing DatagramSlab, into frames: inout FrameList) {
    for index in 0..<count {
      guard !plan.budget.isSpent else { return }
      sort(slab.message(at: index), at: index, of: slab, into: &frames)
    }
  }

  /// The answers to the probes among what was sorted since the last call.
  mutating func takeAnswers() -> [ProbeResponder.Answer] { responder.takeAnswers() }

  private mutating func sort(
    _ message: RawSpan, at index: Int, of slab: borrowing DatagramSlab, into frames: inout FrameList
  ) {
    let (sender, port) = slab.sender(at: index)
    let details = slab.details(at: index)
    let isWanted = plan.senders.isEmpty || plan.senders.contains(sender)
    let isSnapped = slab.isSnapped(at: index)
    let step = details.segmentByteCount > 0 ? details.segmentByteCount : max(message.byteCount, 1)
    var start = 0
    var datagrams = 0
    // An empty datagram is one, too.
    repeat {
      guard !plan.budget.isSpent else { break }
      let end = min(start + step, message.byteCount)
      datagrams += 1
      if details.isFragmented { counters.fragmented += 1 }
      // Of a train only the last can have lost its end.
      let datagram = message.extracting(start..<end)
      if !isWanted {
        decapsulation.skip(datagram)
        counters.otherSender += 1
      } else if let probe = ProbeFrame.find(in: datagram) {
        decapsulation.skip(datagram)
        counters.probes += 1
        let isTaken = plan.vnis.isEmpty || plan.vnis.contains(probe.vni)
        responder.take(probe, byteCount: datagram.byteCount, from: slab.address(at: index), isTaken: isTaken)
      } else if let header = check(datagram, isSnapped: isSnapped && end == message.byteCount) {
        frames.append(
          FrameList.Entry(
            message: Int32(index), offset: Int32(start + VXLANHeader.byteCount),
            byteCount: Int32(end - start - VXLANHeader.byteCount),
            origin: FrameOrigin(header: header, sender: sender, timestamp: details.timestamp)))
      }
      start = end
    } while start < message.byteCount
    senders.count(sender, port, datagrams: datagrams, bytes: start, at: details.timestamp)
  }

  /// The header if the datagram carries a frame that is wanted.
  private mutating func check(_ datagram: RawSpan, isSnapped: Bool) -> VXLANHeader? {
    guard let header = decapsulation.check(datagram, isSnapped: isSnapped) else { return nil }
    if let filter = plan.filter {
      let frame = datagram.extracting(VXLANHeader.byteCount..<datagram.byteCount)
      guard filter.matches(frame, originalByteCount: OriginalLength.of(frame)) else {
        counters.frames -= 1
        counters.frameBytes -= UInt64(frame.byteCount)
        counters.filtered += 1
        return nil
      }
    }
    guard plan.budget.spend() else {
      decapsulation.forget(datagram)
      return nil
    }
    return header
  }
}
