import CLinux
import Glibc

/// One block of a TPACKET_V3 ring that the kernel has handed over. The end of the value gives it back.
@safe
struct RingBlock: ~Copyable {
  /// Offset of the block status word: behind version and offset_to_priv.
  static let statusOffset = 8

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
    unsafe CLinux_store_release(base + Self.statusOffset, UInt32(TP_STATUS_KERNEL))
  }

  /// Gives the block back to the kernel.
  consuming func giveBack() {}
}
