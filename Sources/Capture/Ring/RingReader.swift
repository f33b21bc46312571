import CLinux
import Glibc
import System
import Wire

/// Takes frames out of a ring, a block at a time, and gives each back when it has been sent: its frames are read for
/// their checksums and again by the send, and what is held meanwhile is cache that the application does not have.
///
/// A value that is changed in place: as a class, each access would cost the runtime an exclusivity check per frame.
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

  /// Hands over blocks that are ready now, each by itself, `RingTuning.blocksPerTurn` at most, none after `deadline`
  /// (milliseconds of `MonotonicClock`); false if none was ready.
  mutating func consumeBlocks(into consumer: any FrameConsumer, by deadline: Int64 = .max) -> Bool {
    for turn in 0..<RingTuning.blocksPerTurn {
      if deadline != .max, MonotonicClock.milliseconds >= deadline { return turn > 0 }
      guard let block = takeBlock() else { return turn > 0 }
      var frames = block.frames
      while var entry = frames.next() {
        if !entry.isEthernet {
          entry.frame.byteCount = keptByteCount(of: entry)
          if entry.frame.byteCount == 0 { continue }
        }
        if batch.isFull { deliver(to: consumer) }
        batch.append(entry.frame)
      }
      taken &+= UInt64(frames.taken)
      unreadable &+= UInt64(frames.unreadable)
      deliver(to: consumer)
      block.giveBack()
    }
    return true
  }

  /// The next block, if the kernel has handed it over.
  private mutating func takeBlock() -> RingBlock? {
    let geometry = socket.geometry
    guard
      let block = unsafe RingBlock(
        socket.base + nextBlock * geometry.blockByteCount, byteCount: geometry.blockByteCount,
        hasOffloadHeader: socket.hasOffloadHeader)
    else { return nil }
    nextBlock = (nextBlock + 1) % geometry.blockCount
    return block
  }

  private mutating func deliver(to consumer: any FrameConsumer) {
    guard batch.count > 0 else { return }
    consumer.consume(batch)
    batch.removeAll()
  }

  /// Frames without an Ethernet header were passed up whole and unfiltered: IP ones meet their own program here.
  private func keptByteCount(of entry: BlockFrames.Entry) -> Int {
    let frame = entry.frame
    guard entry.etherType == EtherType.ipv4 || entry.etherType == EtherType.ipv6, let rawPrograms else { return 0 }
    let program = entry.packetType == UInt8(PACKET_OUTGOING) ? rawPrograms.outgoing : rawPrograms.incoming
    return min(frame.byteCount, Int(program.match(frame.bytes, wireByteCount: frame.wireByteCount)))
  }
}
