internal import System
internal import Wire

/// What one worker does with what arrives: counts it by sender, checks it, and picks the frames that are to be handed on.
struct Intake {
  private let plan: ReceivePlan
  private var decapsulation: Decapsulation
  private(set) var senders = SenderTable()
  private var responder = ProbeResponder()
  /// What is to be answered.
  private var replies: [Reply] = []
  /// When this receiver began to listen, nanoseconds of `MonotonicClock`.
  private let start = MonotonicClock.nanoseconds

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
    var counted = 0
    // An empty datagram is one, too.
    repeat {
      guard !plan.budget.isSpent else { break }
      let end = min(start + step, message.byteCount)
      datagrams += 1
      if details.isFragmented { counters.fragmented += 1 }
      // Of a train only the last can have lost its end.
      let datagram = message.extracting(start..<end)
      if let own = OwnFrame.find(in: datagram) {
        // What came before a report is to be in the account by then.
        senders.count(sender, port, datagrams: datagrams - 1, bytes: start - counted, at: details.timestamp)
        (datagrams, counted) = (1, start)
        take(own, datagram.byteCount, from: sender, port, at: details.timestamp)
      } else if !isWanted {
        decapsulation.skip(datagram)
        counters.otherSender += 1
      } else if let header = check(datagram, isSnapped: isSnapped && end == message.byteCount) {
        frames.append(
          FrameList.Entry(
            message: Int32(index), offset: Int32(start + VXLANHeader.byteCount),
            byteCount: Int32(end - start - VXLANHeader.byteCount),
            origin: FrameOrigin(header: header, sender: sender, timestamp: details.timestamp)))
      }
      start = end
    } while start < message.byteCount
    senders.count(sender, port, datagrams: datagrams, bytes: start - counted, at: details.timestamp)
  }

  private mutating func take(
    _ own: OwnFrame, _ byteCount: Int, from sender: SenderAddress, _ port: UInt16, at timestamp: UInt64
  ) {
    counters.datagrams += 1
    counters.bytes += UInt64(byteCount)
    switch own {
    case .probe(let probe, let vni):
      counters.probes += 1
      senders.excuse(sender, port, at: timestamp)
      let isTaken = plan.vnis.isEmpty || plan.vnis.contains(vni)
      let answer = responder.answer((probe, vni), byteCount: byteCount, to: sender, port: port, isTaken: isTaken)
      if let answer { replies.append(Reply(receiver: sender, port: port, bytes: answer)) }
    case .report(let report):
      counters.reports += 1
      guard let report else { return }
      // Since when it waits here.
      let waited = max(0, WallClock.nanosecondsSince1970 - Int64(clamping: timestamp))
      senders.take(report, from: sender, port, at: timestamp, now: MonotonicClock.nanoseconds - waited, start: start)
    }
  }

  /// What is to be sent back, once.
  mutating func takeReplies() -> [Reply] {
    defer { if !replies.isEmpty { replies = [] } }
    return replies
  }

  /// Requests for reports that are due.
  mutating func requests(now: Int64) -> [Reply] {
    senders.portsToAsk(now: now).filter { plan.senders.isEmpty || plan.senders.contains($0.sender) }
      .map { Reply(receiver: $0.sender, port: $0.number, bytes: ReportRequests.datagram) }
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
