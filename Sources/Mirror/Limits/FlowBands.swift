/// The bands that hashes of flows are counted in, and whose borders a share moves on: eight for each power of two, so
/// that a border is at most an eighth of a share away, however small that is.
enum FlowBands {
  /// How many there are.
  static let count = 240

  /// The band of a hash.
  @inline(__always) static func band(of hash: UInt32) -> Int {
    guard hash >= 8 else { return Int(hash) }
    let exponent = 31 - hash.leadingZeroBitCount
    return (exponent - 3) * 8 + Int(hash >> UInt32(exponent - 3) & 7) + 8
  }

  /// The first hash of a band; 2^32 for `count`.
  static func start(of band: Int) -> UInt64 {
    guard band >= 8 else { return UInt64(band) }
    return UInt64(8 + (band - 8) % 8) << UInt64((band - 8) / 8)
  }
}
