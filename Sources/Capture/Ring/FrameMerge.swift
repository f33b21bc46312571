/// Frames of two rings on their way into one order, that of their timestamps: within a flow it is the order in which
/// the kernel saw them, whichever ring each went to.
///
/// Frames of one block need not be in that order: the kernel stamps a frame when it has copied it, and meanwhile another
/// core may have begun and finished one behind it.
struct FrameMerge: ~Copyable {
  /// Where a frame comes from.
  enum Ring { case hot, reserve }

  private struct Held {
    let frame: CapturedFrame
    let ring: Ring
    /// The number of its block among those held of the ring.
    let block: Int
  }

  private struct Place {
    let timestamp: Int64
    /// In `frames`.
    let index: Int
  }

  private var frames: [Held] = []
  private var order: [Place] = []
  private var hot = HeldBlocks()
  private var reserve = HeldBlocks()

  /// Whether no frame is held.
  var isEmpty: Bool { frames.isEmpty }

  /// Blocks of each ring that are held.
  var heldBlockCounts: (hot: Int, reserve: Int) { (hot.count, reserve.count) }

  /// Takes a block and those of its frames that `next` returns.
  mutating func add(_ block: consuming RingBlock, of ring: Ring, _ next: () -> CapturedFrame?) {
    let number = ring == .hot ? hot.nextNumber : reserve.nextNumber
    let before = frames.count
    while let frame = next() {
      order.append(Place(timestamp: frame.timestamp, index: frames.count))
      frames.append(Held(frame: frame, ring: ring, block: number))
    }
    switch ring {
    case .hot: hot.append(block, needed: frames.count - before)
    case .reserve: reserve.append(block, needed: frames.count - before)
    }
  }

  /// Puts what is held in order and returns how many frames are older than `watermark`, nanoseconds since 1970; they are
  /// those from place 0 on.
  mutating func sort(before watermark: Int64) -> Int {
    order.sort { $0.timestamp != $1.timestamp ? $0.timestamp < $1.timestamp : $0.index < $1.index }
    return order.firstIndex { $0.timestamp >= watermark } ?? order.count
  }

  /// The frame at a place of the order.
  subscript(place: Int) -> CapturedFrame { frames[order[place].index].frame }

  /// Lets go of the first `count` frames of the order and gives back the blocks of which no frame is needed any more.
  mutating func removeFirst(_ count: Int) {
    for place in order.prefix(count) {
      let held = frames[place.index]
      if held.ring == .hot { hot.release(held.block) } else { reserve.release(held.block) }
    }
    hot.giveBack()
    reserve.giveBack()
    guard count > 0 else { return }
    // In the order that is left, so that frames of one time stay in the order of their rings.
    let left = order.dropFirst(count).map { frames[$0.index] }
    frames.removeAll(keepingCapacity: true)
    order.removeAll(keepingCapacity: true)
    for held in left {
      order.append(Place(timestamp: held.frame.timestamp, index: frames.count))
      frames.append(held)
    }
  }
}
