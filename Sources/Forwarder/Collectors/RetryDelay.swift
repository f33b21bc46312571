/// Seconds until a look-up is made again: the regular interval while all is well, else 1, 2, 4 ... up to that interval.
struct RetryDelay {
  private let interval: Int64
  private var next: Int64 = 1

  /// `interval` is in seconds, at least 1.
  init(interval: Int) {
    self.interval = Int64(interval)
  }

  /// Seconds to wait after a look-up that was complete or not.
  mutating func seconds(isComplete: Bool) -> Int64 {
    guard !isComplete else {
      next = 1
      return interval
    }
    // Bounded: an outage may last for days.
    defer { next = min(next * 2, interval) }
    return min(next, interval)
  }
}
