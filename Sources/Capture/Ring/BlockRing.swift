import CLinux
import Glibc

/// The blocks of one mapped ring in the order in which the kernel fills them, each taken once.
@safe
struct BlockRing: ~Copyable {
  /// What the block that is to be taken next is doing.
  enum Next: Equatable {
    /// The kernel fills it, or will, and has put no frame there yet.
    case empty
    /// The kernel has put frames there and not handed it over. It was opened at that time, in nanoseconds since 1970.
    case filling(openedAt: Int64)
    /// It can be taken.
    case ready(openedAt: Int64)
  }

  private let base: UnsafeMutableRawPointer
  private let blockByteCount: Int
  private let blockCount: Int
  private let hasOffloadHeader: Bool
  private var nextIndex = 0
  /// Blocks that are marked, counted on from the ring's start, beyond its end as well.
  private var marked = 0..<0
  /// Blocks that were taken and are not given back, but for one that is being read and goes back at once.
  var heldBlockCount = 0
  /// When the ring was last seen without a frame, in nanoseconds since 1970: frames that are there came later.
  var emptyAt: Int64 = .min
  /// Frames taken out of the ring, of those that the kernel counts as queued.
  private(set) var taken: UInt64 = 0
  /// Frames that the kernel counts as queued and that could not be read.
  private(set) var unreadable: UInt64 = 0
  private var usedBlockCount = 0
  private var peakBlockCount = 0

  /// The ring at `base`.
  ///
  /// - Safety: `base` is the memory of a ring of `blockCount` blocks, which stays mapped for as long as this value or a
  ///   block of it is used, and of which there is no other value.
  @unsafe init(_ base: UnsafeMutableRawPointer, blockByteCount: Int, blockCount: Int, hasOffloadHeader: Bool) {
    unsafe self.base = base
    self.blockByteCount = blockByteCount
    self.blockCount = blockCount
    self.hasOffloadHeader = hasOffloadHeader
  }

  /// A ring that is not there: it has no block.
  static var none: BlockRing {
    unsafe BlockRing(
      UnsafeMutableRawPointer(bitPattern: 8)!, blockByteCount: 0, blockCount: 0, hasOffloadHeader: false)
  }

  /// Whether there is a ring.
  var isThere: Bool { blockCount > 0 }

  /// The block that is next, if the kernel has handed it over. It counts as taken.
  mutating func take() -> RingBlock? {
    guard heldBlockCount < blockCount,
      let block = unsafe RingBlock(start(nextIndex), byteCount: blockByteCount, hasOffloadHeader: hasOffloadHeader)
    else { return nil }
    nextIndex = (nextIndex + 1) % blockCount
    return block
  }

  /// The frames of a block that was taken have been read.
  mutating func account(_ frames: BlockFrames) {
    taken &+= UInt64(frames.taken)
    unreadable &+= UInt64(frames.unreadable)
  }

  /// The state of the next block. What was seen in another ring before this is asked is older than any frame that is
  /// not seen here.
  var next: Next {
    // With all of them taken the kernel waits for one.
    if heldBlockCount == blockCount { return .empty }
    let start = unsafe start(nextIndex)
    if status(nextIndex) & UInt32(TP_STATUS_USER) != 0 { return unsafe .ready(openedAt: RingBlock.openedAt(start)) }
    if unsafe CLinux_load_acquire(start + RingBlock.frameCountOffset) == 0 { return .empty }
    return unsafe .filling(openedAt: RingBlock.openedAt(start))
  }

  /// No frame that is not taken was put into the ring before this, in nanoseconds since 1970; `Int64.max` if there is
  /// none at all.
  var earliestUnseen: Int64 {
    switch next {
    case .empty: .max
    case .filling(let openedAt), .ready(let openedAt): max(openedAt, emptyAt)
    }
  }

  /// Whether the kernel, by its own rule for rings that roll over, would put a frame here now: a block that is a quarter
  /// of the ring ahead of the one being filled is free (__tpacket_v3_has_room in net/packet/af_packet.c).
  var hasRoom: Bool { isThere && isFree(nextIndex) && isFree(nextIndex + lookAhead) }

  private var lookAhead: Int { blockCount >> 2 }  // ROOM_POW_OFF

  private func start(_ index: Int) -> UnsafeMutableRawPointer { unsafe base + index % blockCount * blockByteCount }

  private func status(_ index: Int) -> UInt32 { unsafe CLinux_load_acquire(start(index) + RingBlock.statusOffset) }

  private func isFree(_ index: Int) -> Bool { status(index) == UInt32(TP_STATUS_KERNEL) }
}

extension BlockRing {
  /// Blocks marked at once: the kernel may go on by some before it looks.
  private static var markedBlockCount: Int { 4 }

  /// Lets the kernel find no room here although there is: marks free blocks where it looks. Frames go to the other
  /// ring then, as long as that has room, and here when neither has any.
  ///
  /// The mark stands a quarter of the ring ahead. It must be gone before the kernel gets there: it would drop frames.
  mutating func shut() {
    guard isThere, marked.isEmpty, isFree(nextIndex) else { return }
    let first = nextIndex + lookAhead
    var count = 0
    while count < Self.markedBlockCount, isFree(first + count) {
      setStatus(UInt32(TP_STATUS_USER), first + count)
      count += 1
    }
    marked = first..<first + count
  }

  /// Takes the marks away.
  mutating func open() {
    for index in marked { setStatus(UInt32(TP_STATUS_KERNEL), index) }
    marked = 0..<0
  }

  private func setStatus(_ status: UInt32, _ index: Int) {
    unsafe CLinux_store_release(start(index) + RingBlock.statusOffset, status)
  }
}

extension BlockRing {
  /// Looks how many blocks are ready; used blocks are those and what is held.
  mutating func noteUse() {
    var count = heldBlockCount
    while count < blockCount, status(nextIndex + count - heldBlockCount) & UInt32(TP_STATUS_USER) != 0 { count += 1 }
    usedBlockCount = count
    peakBlockCount = max(peakBlockCount, count)
  }

  /// How full it is, as of the last look.
  var use: RingUse {
    RingUse(
      byteCount: blockCount * blockByteCount, usedByteCount: usedBlockCount * blockByteCount,
      peakByteCount: peakBlockCount * blockByteCount)
  }
}
