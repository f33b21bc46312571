import Glibc

/// Time that never goes back.
package enum MonotonicClock {
  /// Milliseconds of CLOCK_MONOTONIC.
  package static var milliseconds: Int64 {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
  }
}
