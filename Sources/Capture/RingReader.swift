import Glibc
import System
import Wire

/// Takes frames out of a ring, several blocks at a time, and gives the blocks back when they have been sent.
///
/// A value that is changed in place, so that nothing per frame asks the runtime whether it may.
@safe
struct RingReader: ~Copyable {
  /// Frames since the last wait from which another one is worth its delay.
  static let moderatedFrames = 128
  /// The longest and the shortest wait for more frames, in nanoseconds.
  static let waits: ClosedRange<Int64> = 2_000_000...10_000_000
  /// The share of the ring that may fill in a wait: one in this many blocks.
  static let waitShare = 8
  /// The share of the ring that is held while its frames are sent: the kernel must never wait for blocks that could have
  /// gone back.
  static let heldShare = 8
  /// Bytes that are held at most: about a core's second-level cache. A frame is read for its checksum and again when it
  /// is sent, and large frames fill their sends long before more of them would help.
  static let heldByteCount = 1 << 20
  /// Frames per block below which they are so large that few fill a send: waiting and holding gain nothing.
  static let framesPerBlock = 32

  let socket: PacketSocket
  /// Match network packets without an Ethernet header; nil takes none of them.
  var rawPrograms: FilterCompiler.RawPrograms?
  /// Frames taken out of the ring.
  private(set) var taken: UInt64 = 0
  private var batch = FrameBatch()
  private var nextBlock = 0
  private var lastWait: Int64 = 0
  private var framesSinceWait = 0
  private var blocksSinceWait = 0

  init(_ socket: consuming PacketSocket) {
    self.socket = socket
  }

  /// Hands over every block that is ready now; false if none was. Blocks go together, in shares that are about equal:
  /// the more frames the consumer can choose from, the longer its batches.
  mutating func consumeBlocks(into consumer: any FrameConsumer) -> Bool {
    let ready = countReadyBlocks()
    guard ready > 0 else { return false }
    let limit = max(
      1, min(socket.geometry.blockCount / Self.heldShare, Self.heldByteCount / socket.geometry.blockByteCount))
    let shares = (ready + limit - 1) / limit
    let share = (ready + shares - 1) / shares
    var held = 0
    for _ in 0..<ready {
      guard var block = block(nextBlock) else { break }
      while var entry = block.next() {
        if !entry.isEthernet {
          entry.frame.byteCount = keptByteCount(of: entry)
          if entry.frame.byteCount == 0 { continue }
        }
        if batch.isFull { deliver(to: consumer) }
        batch.append(entry.frame)
      }
      taken &+= UInt64(block.frameCount)
      framesSinceWait += block.frameCount
      blocksSinceWait += 1
      held += 1
      nextBlock = (nextBlock + 1) % socket.geometry.blockCount
      // Few frames that fill a block fill their sends by themselves.
      let isBulk = block.frameCount < Self.framesPerBlock
      if isBulk || held == share || batch.count * 2 >= FrameBatch.capacity {
        release(held, to: consumer)
        held = 0
      }
    }
    release(held, to: consumer)
    return true
  }

  private func block(_ index: Int) -> RingBlock? {
    let geometry = socket.geometry
    return unsafe RingBlock(
      socket.base + index * geometry.blockByteCount, byteCount: geometry.blockByteCount,
      hasOffloadHeader: socket.hasOffloadHeader)
  }

  /// Blocks that the kernel has handed over, from the next one on.
  private func countReadyBlocks() -> Int {
    let count = socket.geometry.blockCount
    var ready = 0
    while ready < count, block((nextBlock + ready) % count) != nil { ready += 1 }
    return ready
  }

  /// At a high rate, waits a little so that more frames go together: batches get longer, and a thread that wakes up
  /// finds its caches cold each time. The price is a delay that only a link with tens of thousands of frames a second
  /// sees. Never so long that more than an eighth of the ring would fill.
  mutating func moderate() {
    let now = MonotonicClock.nanoseconds
    let wait = Self.wait(
      after: now - lastWait, frames: framesSinceWait, blocks: blocksSinceWait,
      blockCount: socket.geometry.blockCount)
    framesSinceWait = 0
    blocksSinceWait = 0
    lastWait = now
    if wait > 0 { usleep(UInt32(wait / 1_000)) }
  }

  /// Nanoseconds to wait for more frames when `frames` in `blocks` came in the last `elapsed` nanoseconds; 0 where that
  /// gains nothing.
  static func wait(after elapsed: Int64, frames: Int, blocks: Int, blockCount: Int) -> Int64 {
    guard blocks > 0, frames >= max(moderatedFrames, blocks * framesPerBlock) else { return 0 }
    // At the first call it is the time since the machine started.
    let period = min(max(elapsed, 0), 1_000_000_000)
    let wait = min(waits.upperBound, Int64(blockCount / waitShare) * period / Int64(blocks))
    return wait >= waits.lowerBound ? wait : 0
  }

  /// Has the last `count` blocks sent and gives them back to the kernel.
  private mutating func release(_ count: Int, to consumer: any FrameConsumer) {
    deliver(to: consumer)
    let blockCount = socket.geometry.blockCount
    for back in stride(from: count, to: 0, by: -1) {
      let index = (nextBlock + blockCount - back) % blockCount
      unsafe RingBlock.release(socket.base + index * socket.geometry.blockByteCount)
    }
  }

  private mutating func deliver(to consumer: any FrameConsumer) {
    guard batch.count > 0 else { return }
    consumer.consume(batch)
    batch.removeAll()
  }

  /// Frames without an Ethernet header were passed up whole and unfiltered: IP ones meet their own program here.
  private func keptByteCount(of entry: RingBlock.Entry) -> Int {
    let frame = entry.frame
    guard entry.etherType == EtherType.ipv4 || entry.etherType == EtherType.ipv6, let rawPrograms else { return 0 }
    let program = entry.isOutgoing ? rawPrograms.outgoing : rawPrograms.incoming
    return min(frame.byteCount, Int(program.match(frame.bytes, wireByteCount: frame.wireByteCount)))
  }
}
