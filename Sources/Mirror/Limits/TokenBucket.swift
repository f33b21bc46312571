import Synchronization

/// A token bucket that several threads take from, in one atomic word: the time until which everything taken so far is
/// paid for (the generic cell rate algorithm of ATM, in nanoseconds).
final class TokenBucket: Sendable {
  private let paidUntil = Atomic<Int64>(.min / 2)
  private let nanosecondsPerUnit: Double
  /// Nanoseconds that it takes to fill it.
  let capacity: Int64
  /// Nanoseconds of its content that are there for the flows that are kept while others are shed.
  let reserve: Int64

  /// A full bucket for `limit`.
  init(_ limit: RateLimit) {
    nanosecondsPerUnit = 1e9 / limit.unitsPerSecond
    capacity = Int64((limit.burst + limit.reserve) * nanosecondsPerUnit)
    reserve = Int64(limit.reserve * nanosecondsPerUnit)
  }

  /// What is in it at `now` (nanoseconds of a clock that does not go back), in nanoseconds of the rate. Negative after
  /// more was taken than was there.
  @inline(__always) func left(_ now: Int64) -> Int64 {
    now + capacity - max(paidUntil.load(ordering: .relaxed), now)
  }

  /// Takes `units`, whether they are there or not; a negative number is given back.
  @inline(__always) func take(_ units: Int64, _ now: Int64) {
    let cost = Int64(Double(units) * nanosecondsPerUnit)
    var before = paidUntil.load(ordering: .relaxed)
    while true {
      let after = max(before, now) &+ cost
      let (isDone, current) = paidUntil.weakCompareExchange(expected: before, desired: after, ordering: .relaxed)
      if isDone { return }
      before = current
    }
  }

  /// Fills it.
  func fill() { paidUntil.store(.min / 2, ordering: .relaxed) }
}
