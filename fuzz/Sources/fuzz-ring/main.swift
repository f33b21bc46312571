import FuzzSupport
import Glibc

@testable import Capture

// A block of the capture ring with any bytes in it: whatever they are, no read or write leaves the block, and nothing
// that is handed out does.
//
// Input: flags (size of the block, offload header), then the block's bytes from its beginning; zeros follow.
// Blocks are whole pages, so memory that nobody may touch begins right behind and right in front of them.
let sizes = [4_096, 8_192, 16_384, 65_536]
let blocks = sizes.map { GuardedMemory(capacity: $0) }

fuzz { data, size in
  guard let data, size > 0 else { return 0 }
  let choice = Int(data[0] & 3)
  let block = blocks[choice].take(sizes[choice])
  let given = min(size - 1, block.count)
  memcpy(block.baseAddress!, data + 1, given)
  memset(block.baseAddress! + given, 0, block.count - given)

  guard
    let owner = RingBlock(block.baseAddress!, byteCount: block.count, hasOffloadHeader: data[0] & 4 != 0)
  else { return 0 }
  var parsed = owner.frames
  let start = UInt(bitPattern: block.baseAddress!)
  let end = start + UInt(block.count)
  while let entry = parsed.next() {
    let frame = entry.frame
    require(frame.byteCount >= 0 && frame.headroom >= 0, "a frame of \(frame.byteCount) bytes behind \(frame.headroom)")
    require(frame.wireByteCount >= frame.byteCount, "fewer bytes on the wire than here")
    let first = UInt(bitPattern: frame.start)
    require(first >= start && first - start >= UInt(frame.headroom), "the frame begins in front of the block")
    require(first <= end && end - first >= UInt(frame.byteCount), "the frame ends behind the block")
    // Whoever takes the frame may write to it, and to the bytes in front.
    touch(UnsafeMutableRawBufferPointer(start: frame.start - frame.headroom, count: frame.headroom + frame.byteCount))
  }
  require(parsed.remaining == 0 || parsed.remaining < parsed.frameCount, "no slot was looked at")
  return 0
}

/// Reads and writes every byte.
func touch(_ bytes: UnsafeMutableRawBufferPointer) {
  _ = UnsafeRawBufferPointer(bytes).onesComplementSum()
  if bytes.count > 0 { memmove(bytes.baseAddress!, bytes.baseAddress!, bytes.count) }
}
