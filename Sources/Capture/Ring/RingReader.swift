import CLinux
import Glibc
import System
import Wire

/// Takes frames out of a ring, a block at a time, and gives the blocks back when they have been sent.
///
/// A value that is changed in place, so that nothing per frame asks the runtime whether it may.
@safe
struct RingReader: ~Copyable {
  let socket: PacketSocket
  /// Match network packets without an Ethernet header; nil takes none of them.
  var rawPrograms: FilterCompiler.RawPrograms?
  /// Frames taken out of the ring, of those that the kernel counts as queued.
  private(set) var taken: UInt64 = 0
  /// Frames that the kernel counts as queued and that could not be read.
  private(set) var unreadable: UInt64 = 0
  private var batch = FrameBatch()
  private var nextBlock = 0

  init(_ socket: consuming PacketSocket) {
    self.socket = socket
  }

  /// Hands over blocks that are ready now, `RingTuning.blocksPerTurn` at most, none after `deadline` (milliseconds of
  /// `MonotonicClock`); false if none was ready. Blocks that are held together go in shares that are about equal: the
  /// more frames the consumer can choose from, the longer its batches.
  mutating func consumeBlocks(into consumer: any FrameConsumer, by deadline: Int64 = .max) -> Bool {
    let ready = countReadyBlocks(atMost: RingTuning.blocksPerTurn)
    guard ready > 0 else { return false }
    let limit = max(
      1,
      min(socket.geometry.blockCount / RingTuning.heldShare, RingTuning.heldByteCount / socket.geometry.blockByteCount)
    )
    let shares = (ready + limit - 1) / limit
    let share = (ready + shares - 1) / shares
    var held = 0
    for _ in 0..<ready {
      if deadline != .max, MonotonicClock.milliseconds >= deadline { break }
      guard var block = block(nextBlock) else { break }
      while var entry = block.next() {
        if !entry.isEthernet {
          entry.frame.byteCount = keptByteCount(of: entry)
          if entry.frame.byteCount == 0 { continue }
        }
        if batch.isFull { deliver(to: consumer) }
        batch.append(entry.frame)
      }
      taken &+= UInt64(block.taken)
      unreadable &+= UInt64(block.unreadable)
      held += 1
      nextBlock = (nextBlock + 1) % socket.geometry.blockCount
      // Few frames that fill a block fill their sends by themselves.
      let isBulk = block.frameCount < RingTuning.framesPerBlock
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
  private func countReadyBlocks(atMost limit: Int) -> Int {
    let count = socket.geometry.blockCount
    var ready = 0
    while ready < min(limit, count), block((nextBlock + ready) % count) != nil { ready += 1 }
    return ready
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
    let program = entry.packetType == UInt8(PACKET_OUTGOING) ? rawPrograms.outgoing : rawPrograms.incoming
    return min(frame.byteCount, Int(program.match(frame.bytes, wireByteCount: frame.wireByteCount)))
  }
}
