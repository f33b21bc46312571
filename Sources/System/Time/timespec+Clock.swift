import Glibc

extension timespec {
  /// The time of a clock (clock_gettime(2)).
  @inline(__always)
  static func now(_ clock: clockid_t) -> timespec {
    var now = timespec()
    // Cannot fail: the clock exists and the pointer is good.
    _ = unsafe clock_gettime(clock, &now)
    return now
  }

  /// All of it in nanoseconds.
  @inline(__always)
  var nanoseconds: Int64 { Int64(tv_sec) &* 1_000_000_000 &+ Int64(tv_nsec) }
}
