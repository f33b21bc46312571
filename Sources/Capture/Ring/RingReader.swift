import CLinux
import Glibc
import System
import Wire

/// Takes frames out of a ring, or of a hot ring and its reserve, a block at a time, and gives each back when it has been
/// sent: its frames are read for their checksums and again by the send, and what is held meanwhile is cache that the
/// application does not have.
///
/// A value that is changed in place: as a class, each access would cost the runtime an exclusivity check per frame.
struct RingReader: ~Copyable {
  /// The ring that the kernel is to use; the only one if `reserve` has no blocks.
  var hot: BlockRing
  /// The ring for what the hot one has no room for.
  var reserve: BlockRing
  /// Match network packets without an Ethernet header; nil takes none of them.
  var rawPrograms: FilterCompiler.RawPrograms?
  private var batch = FrameBatch()
  /// Frames of both rings that are being put in order.
  var merge = FrameMerge()
  /// How much earlier than they were put into a ring frames were stamped, at most, in nanoseconds; see `addToMerge`.
  var stampLead: Int64 = 0
  /// When a frame last left the merge, or there was none, in milliseconds of `MonotonicClock`.
  var lastProgress: Int64 = 0
  /// Whether the kernel is known to prefer the hot ring; see `steer`.
  private(set) var isSteered: Bool
  /// Milliseconds that frames are held for others at most.
  let patience: Int64
  private let wallClock: () -> Int64

  /// A reader of rings that nobody else reads.
  ///
  /// - Parameters:
  ///   - isSteered: whether the kernel is known to prefer the hot ring.
  ///   - patience: milliseconds that frames are held for others that may come before them.
  ///   - wallClock: nanoseconds since 1970, as the kernel has them.
  init(
    hot: consuming BlockRing, reserve: consuming BlockRing, isSteered: Bool = false,
    patience: Int64 = RingTuning.mergePatienceMilliseconds,
    wallClock: @escaping () -> Int64 = { WallClock.nanosecondsSince1970 }
  ) {
    self.hot = hot
    self.reserve = reserve
    self.isSteered = isSteered
    self.patience = patience
    self.wallClock = wallClock
  }

  /// Frames taken out of the rings, of those that the kernel counts as queued.
  var taken: UInt64 { hot.taken &+ reserve.taken }

  /// Frames that came by the reserve since the kernel prefers the hot ring: that had no room for them.
  private(set) var rolledOver: UInt64 = 0

  /// Frames that the kernel counts as queued and that could not be read.
  var unreadable: UInt64 { hot.unreadable &+ reserve.unreadable }

  /// Whether the last turn ended before all that was ready was looked at.
  private(set) var isBehind = false

  /// Whether what is next comes by a timer of the kernel of which nobody is told: frames of the reserve, or such as are
  /// held until it is known which come before them.
  var isPending: Bool { !merge.isEmpty || isSteered && reserve.next != .empty }

  /// Hands over blocks that are ready now, `RingTuning.blocksPerTurn` at most, none after `deadline` (milliseconds of
  /// `MonotonicClock`); false if none was ready.
  mutating func consumeBlocks(into consumer: any FrameConsumer, by deadline: Int64 = .max) -> Bool {
    hot.noteUse()
    reserve.noteUse()
    let now = reserve.isThere ? wallClock() : 0
    // The clock may be set back.
    if now < hot.emptyAt { hot.emptyAt = now }
    if now < reserve.emptyAt { reserve.emptyAt = now }
    var count = 0
    while count < RingTuning.blocksPerTurn {
      if deadline != .max, MonotonicClock.milliseconds >= deadline { break }
      let next = consumeNext(into: consumer, now)
      if next == 0 { break }
      count += next
    }
    isBehind = count >= RingTuning.blocksPerTurn
    return count > 0
  }

  /// Hands over the block that is next, by itself as long as the other ring holds nothing: what that gets from then on
  /// is younger. `now` is a moment before, in nanoseconds since 1970. Returns how many blocks were taken or handed over;
  /// 0 if nothing could be done.
  private mutating func consumeNext(into consumer: any FrameConsumer, _ now: Int64) -> Int {
    guard merge.isEmpty else { return mergeBlocks(into: consumer) }
    if let block = hot.take() {
      if reserve.next == .empty {
        reserve.emptyAt = now
        hot.account(consume(block, into: consumer))
        return 1
      }
      addToMerge(block, of: .hot)
    } else if let block = reserve.take() {
      if hot.next == .empty {
        hot.emptyAt = now
        steer()
        accountReserve(consume(block, into: consumer))
        return 1
      }
      addToMerge(block, of: .reserve)
    } else {
      return 0
    }
    lastProgress = MonotonicClock.milliseconds
    return 1 + mergeBlocks(into: consumer)
  }

  private mutating func consume(_ block: consuming RingBlock, into consumer: any FrameConsumer) -> BlockFrames {
    var frames = block.frames
    while let frame = Self.nextKept(&frames, rawPrograms) { append(frame, consumer) }
    deliver(to: consumer)
    block.giveBack()
    return frames
  }

  /// The frames of a block of the reserve have been read.
  mutating func accountReserve(_ frames: BlockFrames) {
    reserve.account(frames)
    if isSteered { rolledOver &+= UInt64(frames.taken) }
  }

  /// Makes the kernel prefer the hot ring from its next frame on.
  ///
  /// It goes on to another ring only when it finds no room in one, and notes that this is under pressure; it does not
  /// look there again before somebody polls that socket (fanout_demux_rollover and packet_rcv_try_clear_pressure in
  /// net/packet/af_packet.c). So the reserve is shown full once and never polled again: it gets what the hot ring has no
  /// room for, as number 0 of the group. For a moment only, since a ring that is shut cannot be filled to its end.
  private mutating func steer() {
    guard !isSteered, hot.hasRoom else { return }
    reserve.shut()
    for _ in 0..<RingTuning.steeringLooks where hot.next != .empty {
      isSteered = true
      break
    }
    reserve.open()
  }

  /// Puts a frame into the batch.
  @inline(__always) mutating func append(_ frame: CapturedFrame, _ consumer: any FrameConsumer) {
    if batch.isFull { deliver(to: consumer) }
    batch.append(frame)
  }

  /// Hands over what is in the batch.
  mutating func deliver(to consumer: any FrameConsumer) {
    guard batch.count > 0 else { return }
    consumer.consume(batch)
    batch.removeAll()
  }

  /// The next frame that is to be mirrored.
  @inline(__always) static func nextKept(
    _ frames: inout BlockFrames, _ rawPrograms: FilterCompiler.RawPrograms?
  ) -> CapturedFrame? {
    while var entry = frames.next() {
      if !entry.isEthernet {
        entry.frame.byteCount = keptByteCount(of: entry, rawPrograms)
        if entry.frame.byteCount == 0 { continue }
      }
      return entry.frame
    }
    return nil
  }

  /// Frames without an Ethernet header were passed up whole and unfiltered: IP ones meet their own program here.
  private static func keptByteCount(
    of entry: BlockFrames.Entry, _ rawPrograms: FilterCompiler.RawPrograms?
  ) -> Int {
    let frame = entry.frame
    guard entry.etherType == EtherType.ipv4 || entry.etherType == EtherType.ipv6, let rawPrograms else { return 0 }
    let program = entry.packetType == UInt8(PACKET_OUTGOING) ? rawPrograms.outgoing : rawPrograms.incoming
    return min(frame.byteCount, Int(program.match(frame.bytes, wireByteCount: frame.wireByteCount)))
  }
}
