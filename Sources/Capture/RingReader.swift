import Glibc
import Wire

/// Takes frames out of a ring, several blocks at a time, and gives the blocks back when they have been sent.
///
/// A value that is changed in place, so that nothing per frame asks the runtime whether it may.
@safe
struct RingReader: ~Copyable {
  /// Frames since the last wait from which another one is worth its delay.
  static let moderatedFrames = 128
  /// How long is waited at a high rate for more frames.
  static let moderationMilliseconds: Int64 = 6

  let socket: PacketSocket
  /// Matches network packets without an Ethernet header; nil takes none of them.
  var rawProgram: BPFProgram?
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

  /// Hands over every block that is ready; false if none was. Blocks that are ready together go together: the more
  /// frames the consumer can choose from, the longer its batches.
  mutating func consumeBlocks(into consumer: any FrameConsumer) -> Bool {
    let blockCount = socket.geometry.blockCount
    var held = 0
    // At most once round the ring, so that the caller can look after other things.
    for step in 0..<blockCount {
      let base = unsafe socket.base + nextBlock * socket.geometry.blockByteCount
      guard
        var block = unsafe RingBlock(
          base, byteCount: socket.geometry.blockByteCount, hasOffloadHeader: socket.hasOffloadHeader)
      else {
        release(held, to: consumer)
        return step > 0
      }
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
      nextBlock = (nextBlock + 1) % blockCount
      // The kernel must never wait for blocks that could have gone back.
      if held * 16 >= blockCount || batch.count * 2 >= FrameBatch.capacity {
        release(held, to: consumer)
        held = 0
      }
    }
    release(held, to: consumer)
    return true
  }

  /// At a high rate, waits a little so that more frames go together: batches get longer, at the price of a delay that
  /// only a link with tens of thousands of frames a second sees. Not where they would fill more than an eighth of the
  /// ring meanwhile.
  mutating func moderate() {
    let now = MonotonicClock.milliseconds
    let elapsed = max(now - lastWait, 1)
    let expected = Int64(blocksSinceWait) * Self.moderationMilliseconds / elapsed
    let isWorthwhile = framesSinceWait >= Self.moderatedFrames && expected * 8 <= Int64(socket.geometry.blockCount)
    framesSinceWait = 0
    blocksSinceWait = 0
    lastWait = now
    if isWorthwhile { usleep(UInt32(Self.moderationMilliseconds) * 1_000) }
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
    guard entry.etherType == EtherType.ipv4 || entry.etherType == EtherType.ipv6, let rawProgram else { return 0 }
    return min(frame.byteCount, Int(rawProgram.match(frame.bytes, wireByteCount: frame.wireByteCount)))
  }
}
