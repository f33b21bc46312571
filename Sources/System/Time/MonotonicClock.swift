import Glibc

/// Time that never goes back.
package enum MonotonicClock {
  /// Nanoseconds of CLOCK_MONOTONIC.
  package static var nanoseconds: Int64 {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }

  /// Milliseconds of CLOCK_MONOTONIC.
  package static var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
