import Wire

/// A byte of each of the eight places of a set: eight bits of the hash of the flow that has it, never 0; 0: it is free. All
/// of them are compared at once.
struct PlaceTags: BitwiseCopyable {
  /// Places that share a word.
  static let count = 8

  /// Places of which the flow that is looked for may have one, in their order.
  struct Matches: BitwiseCopyable {
    /// The highest bit of each byte.
    fileprivate var bits: UInt64

    /// The next one; nil: there is none.
    @inline(__always) mutating func next() -> Int? {
      guard bits != 0 else { return nil }
      defer { bits &= bits &- 1 }
      return bits.trailingZeroBitCount / 8
    }
  }

  /// The first place's byte is the lowest.
  private var word: UInt64 = 0

  /// Eight places that are free.
  init() {}

  /// Places that have the tag of a flow with this hash.
  @inline(__always) func matches(_ hash: FlowHash) -> Matches {
    let difference = word ^ (Self.tag(hash) &* Self.ones)
    // The sum sets a byte's highest bit where one of the others is set, and goes over into no other byte.
    return Matches(bits: ~((difference & ~Self.tops) &+ ~Self.tops | difference) & Self.tops)
  }

  /// Whether no flow has the place.
  func isFree(_ place: Int) -> Bool { word >> (8 * UInt64(place)) & 0xFF == 0 }

  /// A flow with this hash has the place from now on.
  mutating func assign(_ place: Int, _ hash: FlowHash) {
    clear(place)
    word |= Self.tag(hash) << (8 * UInt64(place))
  }

  /// No flow has the place any more.
  mutating func clear(_ place: Int) { word &= ~(0xFF << (8 * UInt64(place))) }

  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
  private static var tops: UInt64 { 0x8080_8080_8080_8080 }

  /// 255 values of the lowest bits.
  @inline(__always) private static func tag(_ hash: FlowHash) -> UInt64 { max(1, hash.value & 0xFF) }
}
