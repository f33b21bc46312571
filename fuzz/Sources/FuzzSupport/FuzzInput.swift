import CFuzzSupport
import Glibc

/// The bytes of one run, taken from the front: parameters first, then frames.
public struct FuzzInput {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// The input that libFuzzer passed.
  public init(_ data: UnsafePointer<UInt8>?, _ size: Int) {
    bytes = UnsafeRawBufferPointer(start: data, count: size)
  }

  /// Bytes that are left.
  public var count: Int { bytes.count - position }

  /// The next byte; 0 behind the end.
  public mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next 16-bit number, big-endian.
  public mutating func word() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }

  /// A frame of the next `count` bytes, or what is left, and `filler` more that follow a pattern, so that a small input
  /// makes a large frame; behind `headroom` bytes of 0xA5 at the end of `memory`.
  public mutating func frame(
    _ count: Int, filler: Int, headroom: Int = 0, in memory: GuardedMemory
  ) -> UnsafeMutableRawBufferPointer {
    let kept = min(count, self.count)
    let whole = memory.take(headroom + kept + filler)
    if headroom > 0 { memset(whole.baseAddress!, 0xA5, headroom) }
    let frame = UnsafeMutableRawBufferPointer(rebasing: whole[headroom...])
    frame.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + kept]))
    if filler > 0 { CFuzzSupport_fill(frame.baseAddress! + kept, filler) }
    position += kept
    return frame
  }
}

/// Makes the length fields of the IP packet at `offset` say what the frame really has, as mutation seldom leaves them.
/// Beyond 64 KiB they become zero, as in BIG TCP.
public func repairLength(_ frame: UnsafeMutableRawBufferPointer, at offset: Int) {
  guard frame.count >= offset + 40 else { return }
  let size = frame.count - offset
  switch frame[offset] >> 4 {
  case 4: frame.store(size < 0x10000 ? size : 0, at: offset + 2)
  case 6: frame.store(size - 40 < 0x10000 ? size - 40 : 0, at: offset + 4)
  default: break
  }
}
