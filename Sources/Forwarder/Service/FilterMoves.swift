/// When a filter may be replaced: ten times in any second at the most.
struct FilterMoves {
  /// Milliseconds that ten moves take at least.
  static let window: Int64 = 1_000
  /// Moves in this time.
  static let maximum = 10

  private var times: [Int64] = []

  /// Milliseconds, from `now` on, until the next move may come; 0: now.
  func milliseconds(at now: Int64) -> Int64 {
    guard times.count >= Self.maximum, let oldest = times.first else { return 0 }
    return max(0, oldest + Self.window - now)
  }

  /// Notes a move.
  mutating func note(_ now: Int64) {
    times.append(now)
    if times.count > Self.maximum { times.removeFirst() }
  }
}
