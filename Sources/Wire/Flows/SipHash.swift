/// SipHash-1-3 over whole 64-bit words (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): one round for
/// each word and three at the end, as the standard libraries of Swift and Rust hash with.
///
/// Without the key nobody can find words whose hashes agree in any bit more often than chance has it.
@usableFromInline
struct SipHash: BitwiseCopyable {
  @usableFromInline var v0: UInt64
  @usableFromInline var v1: UInt64
  @usableFromInline var v2: UInt64
  @usableFromInline var v3: UInt64
  @usableFromInline var byteCount: UInt64 = 0

  /// A hash of nothing yet, under the two halves of a key.
  @inlinable init(_ first: UInt64, _ second: UInt64) {
    v0 = first ^ 0x736F_6D65_7073_6575
    v1 = second ^ 0x646F_7261_6E64_6F6D
    v2 = first ^ 0x6C79_6765_6E65_7261
    v3 = second ^ 0x7465_6462_7974_6573
  }

  @inlinable @inline(__always)
  mutating func round() {
    v0 &+= v1
    v1 = Self.rotated(v1, 13) ^ v0
    v0 = Self.rotated(v0, 32)
    v2 &+= v3
    v3 = Self.rotated(v3, 16) ^ v2
    v0 &+= v3
    v3 = Self.rotated(v3, 21) ^ v0
    v2 &+= v1
    v1 = Self.rotated(v1, 17) ^ v2
    v2 = Self.rotated(v2, 32)
  }

  @inlinable @inline(__always)
  static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { value &<< count | value &>> (64 &- count) }

  @inlinable @inline(__always)
  mutating func compress(_ word: UInt64) {
    v3 ^= word
    round()
    v0 ^= word
  }

  /// Takes in eight bytes, the first of which is the lowest of `word`.
  @inlinable @inline(__always)
  mutating func add(_ word: UInt64) {
    compress(word)
    byteCount &+= 8
  }

  /// The hash of what was taken in. Nothing may be added afterwards.
  @inlinable @inline(__always)
  mutating func finish() -> UInt64 {
    compress(byteCount &<< 56)
    v2 ^= 0xFF
    round()
    round()
    round()
    return v0 ^ v1 ^ v2 ^ v3
  }
}
