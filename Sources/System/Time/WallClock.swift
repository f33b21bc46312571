import Glibc

/// The time of day.
package enum WallClock {
  /// Nanoseconds since 1970 (CLOCK_REALTIME), as the kernel stamps frames.
  package static var nanosecondsSince1970: Int64 {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }

  /// Seconds since 1970.
  package static var secondsSince1970: Double {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1_000_000_000
  }
}
