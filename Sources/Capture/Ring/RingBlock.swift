import CLinux
import Glibc

/// One block of a TPACKET_V3 ring that the kernel has handed over. The end of the value gives it back.
@safe
struct RingBlock: ~Copyable {
  /// Offset of the block status word: behind version and offset_to_priv.
  static let statusOffset = 8
  /// Offset of num_pkts.
  static let frameCountOffset = 12

  private let base: UnsafeMutableRawPointer
  /// The frames, from the first on; none may be used once the block is given back.
  let frames: BlockFrames

  /// The block at `base` if the kernel has handed it over, else nil.
  ///
  /// - Safety: `base` is a block of a mapped ring, aligned to 8, of which there is no other value.
  @unsafe init?(_ base: UnsafeMutableRawPointer, byteCount: Int, hasOffloadHeader: Bool) {
    guard byteCount >= MemoryLayout<tpacket_block_desc>.size else { return nil }
    let status = unsafe CLinux_load_acquire(base + Self.statusOffset)
    guard status & UInt32(TP_STATUS_USER) != 0 else { return nil }
    unsafe self.base = base
    frames = unsafe BlockFrames(base, byteCount: byteCount, hasOffloadHeader: hasOffloadHeader)
  }

  deinit {
    unsafe Self.giveBack(base)
  }

  /// Gives the block back to the kernel.
  consuming func giveBack() {}

  /// When the kernel began to fill it, in nanoseconds since 1970.
  var openedAt: Int64 { unsafe Self.openedAt(base) }

  /// The block, to be given back later.
  consuming func held() -> HeldBlock {
    let held = unsafe HeldBlock(base)
    discard self
    return held
  }

  /// When the kernel began to fill the block at `base` (ts_first_pkt, which prb_open_block sets), in nanoseconds since
  /// 1970.
  ///
  /// - Safety: as for the block.
  @unsafe static func openedAt(_ base: UnsafeMutableRawPointer) -> Int64 {
    let time = unsafe base.assumingMemoryBound(to: tpacket_block_desc.self).pointee.hdr.bh1.ts_first_pkt
    return Int64(time.ts_sec) * 1_000_000_000 + Int64(time.ts_nsec)
  }

  /// Without frames, so that it looks empty also before the kernel has opened it.
  ///
  /// - Safety: as for the block, of which no frame is used any more.
  @unsafe fileprivate static func giveBack(_ base: UnsafeMutableRawPointer) {
    unsafe (base + frameCountOffset).storeBytes(of: 0, as: UInt32.self)
    unsafe CLinux_store_release(base + statusOffset, UInt32(TP_STATUS_KERNEL))
  }
}

/// A block whose frames are still needed, beside others of the kind.
@safe
struct HeldBlock: BitwiseCopyable {
  private let base: UnsafeMutableRawPointer

  /// - Safety: as for the block.
  @unsafe fileprivate init(_ base: UnsafeMutableRawPointer) { unsafe self.base = base }

  /// Gives the block back to the kernel, once.
  func giveBack() { unsafe RingBlock.giveBack(base) }
}
