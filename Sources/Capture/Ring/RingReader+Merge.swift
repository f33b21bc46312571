import System

/// What becomes of blocks while both rings hold frames: the hot ring was full, and some went to the reserve.
extension RingReader {
  /// Takes some of what is ready in both rings, the older block first, and hands over what nothing unseen can come
  /// before. Some only, since a block goes back when all that was taken with it is sent. Returns how many blocks were
  /// taken or given back.
  mutating func mergeBlocks(into consumer: any FrameConsumer) -> Int {
    var taken = 0
    while takeOlder(upTo: RingTuning.mergedBlockCount) { taken += 1 }
    let now = MonotonicClock.milliseconds
    // A block that does not come although its time is up must not end the capture.
    let isLate = now - lastProgress > patience
    var count = merge.sort(before: isLate ? .max : watermark)
    // Stamps that came long before their blocks want more of these to be seen.
    while count == 0, isBoundReady, takeOlder(upTo: .max) {
      taken += 1
      count = merge.sort(before: watermark)
    }
    let held = hot.heldBlockCount + reserve.heldBlockCount
    for place in 0..<count { append(merge[place], consumer) }
    deliver(to: consumer)
    merge.removeFirst(count)
    noteHeldBlocks()
    if count > 0 || merge.isEmpty { lastProgress = now }
    return taken + held - hot.heldBlockCount - reserve.heldBlockCount
  }

  /// Moves the ready block that the kernel began to fill first into the merge, if fewer than `limit` of its ring are
  /// there, else the other ring's.
  private mutating func takeOlder(upTo limit: Int) -> Bool {
    switch (hot.next, reserve.next) {
    case (.ready(let first), .ready(let second)):
      if first <= second { return take(of: .hot, upTo: limit) || take(of: .reserve, upTo: limit) }
      return take(of: .reserve, upTo: limit) || take(of: .hot, upTo: limit)
    case (.ready, _): return take(of: .hot, upTo: limit)
    case (_, .ready): return take(of: .reserve, upTo: limit)
    default: return false
    }
  }

  private mutating func take(of ring: FrameMerge.Ring, upTo limit: Int) -> Bool {
    let held = ring == .hot ? hot.heldBlockCount : reserve.heldBlockCount
    guard held < limit, let block = ring == .hot ? hot.take() : reserve.take() else { return false }
    addToMerge(block, of: ring)
    return true
  }

  /// Takes a block's frames into the merge.
  ///
  /// The kernel stamps a frame when it puts it into a ring, unless it was stamped on arrival (as some program on the
  /// machine wants it, net_enable_timestamp) and waited since. A stamp older than the block shows that, and how much.
  mutating func addToMerge(_ block: consuming RingBlock, of ring: FrameMerge.Ring) {
    let openedAt = block.openedAt
    let programs = rawPrograms
    var frames = block.frames
    var earliest = Int64.max
    merge.add(block, of: ring) {
      guard let frame = Self.nextKept(&frames, programs) else { return nil }
      earliest = min(earliest, frame.timestamp)
      return frame
    }
    if ring == .hot { hot.account(frames) } else { accountReserve(frames) }
    noteHeldBlocks()
    guard earliest < openedAt else { return }
    stampLead = max(stampLead, min(openedAt - earliest, RingTuning.longestStampLead))
  }

  private mutating func noteHeldBlocks() {
    hot.heldBlockCount = merge.heldBlockCounts.hot
    reserve.heldBlockCount = merge.heldBlockCounts.reserve
  }

  /// Frames stamped before this, in nanoseconds since 1970, have none before them that is not seen yet.
  private var watermark: Int64 {
    let bound = min(hot.earliestUnseen, reserve.earliestUnseen)
    guard stampLead > 0, bound != .max else { return bound }
    return bound - 2 * stampLead - 1_000_000
  }

  /// Whether it is a block that can be taken that keeps the watermark where it is.
  private var isBoundReady: Bool {
    guard case .ready = hot.earliestUnseen <= reserve.earliestUnseen ? hot.next : reserve.next else { return false }
    return true
  }
}
