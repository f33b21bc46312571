import CFuzzSupport
import Glibc

// Checksums word by word, and reads of header fields: nothing here is the product's.

extension UnsafeRawBufferPointer {
  /// The big-endian 16-bit number at `offset`.
  public func word(_ offset: Int) -> Int {
    precondition(offset >= 0 && offset + 2 <= count)
    return Int(self[offset]) << 8 | Int(self[offset + 1])
  }

  /// The big-endian 32-bit number at `offset`.
  public func long(_ offset: Int) -> UInt32 { UInt32(word(offset)) << 16 | UInt32(word(offset + 2)) }

  /// A part of these bytes.
  public func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[range])
  }

  /// Whether the bytes are the same.
  public func isSame(as other: UnsafeRawBufferPointer) -> Bool {
    count == other.count && (count == 0 || memcmp(baseAddress!, other.baseAddress!, count) == 0)
  }

  /// The one's complement sum of these bytes on top of `start`, folded; an odd last byte is padded with zero.
  public func onesComplementSum(from start: UInt32 = 0) -> UInt32 {
    count == 0 ? start : CFuzzSupport_sum(baseAddress!, count, start)
  }

  /// CRC32c of these bytes.
  public var crc32c: UInt32 { CFuzzSupport_crc32c(baseAddress!, count) }

  /// The sum of the pseudo-header of the IP packet in these bytes, whose final destination is at `destination` (RFC 9293
  /// section 3.1, RFC 8200 section 8.1).
  public func pseudoHeaderSum(upperProtocol: UInt8, byteCount: Int, destination: Int) -> UInt32 {
    let isV4 = self[0] >> 4 == 4
    let size = isV4 ? 4 : 16
    let source = isV4 ? 12 : 8
    let length = UInt32(byteCount)
    let start = part(source..<source + size).onesComplementSum(
      from: UInt32(upperProtocol) + length & 0xFFFF + length >> 16)
    return part(destination..<destination + size).onesComplementSum(from: start)
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Stores a big-endian 16-bit number.
  public func store(_ value: Int, at offset: Int) {
    precondition(offset >= 0 && offset + 2 <= count)
    self[offset] = UInt8(truncatingIfNeeded: value >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  /// Exchanges two runs of `size` bytes.
  public func swap(_ one: Int, _ other: Int, size: Int) {
    for index in 0..<size { swapAt(one + index, other + index) }
  }
}
