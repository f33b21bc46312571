/// A word of HTTP/1 that is compared byte by byte as it comes in: its letters in three big-endian words.
struct HTTPWord: BitwiseCopyable {
  private let first, second, third: UInt64
  /// Letters.
  let count: UInt8

  private init(_ first: UInt64, _ second: UInt64, _ third: UInt64, count: UInt8) {
    (self.first, self.second, self.third) = (first, second, third)
    self.count = count
  }

  /// `HEAD`
  static var head: HTTPWord { HTTPWord(0x4845_4144_0000_0000, 0, 0, count: 4) }
  /// `CONNECT`
  static var connect: HTTPWord { HTTPWord(0x434F_4E4E_4543_5400, 0, 0, count: 7) }
  /// `HTTP/1.`
  static var version: HTTPWord { HTTPWord(0x4854_5450_2F31_2E00, 0, 0, count: 7) }
  /// `chunked`
  static var chunked: HTTPWord { HTTPWord(0x6368_756E_6B65_6400, 0, 0, count: 7) }
  /// `content-length`
  static var contentLength: HTTPWord { HTTPWord(0x636F_6E74_656E_742D, 0x6C65_6E67_7468_0000, 0, count: 14) }
  /// `transfer-encoding`
  static var transferEncoding: HTTPWord {
    HTTPWord(0x7472_616E_7366_6572, 0x2D65_6E63_6F64_696E, 0x6700_0000_0000_0000, count: 17)
  }

  /// Whether its letter at `index` is `byte`.
  @inline(__always) func has(_ byte: UInt8, at index: UInt8) -> Bool {
    guard index < count else { return false }
    let part = index < 8 ? first : index < 16 ? second : third
    return UInt8(truncatingIfNeeded: part >> (56 - 8 * UInt64(index & 7))) == byte
  }
}
