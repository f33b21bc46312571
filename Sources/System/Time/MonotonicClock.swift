import Glibc

/// Time that never goes back.
package enum MonotonicClock {
  /// Nanoseconds of CLOCK_MONOTONIC.
  package static var nanoseconds: Int64 { timespec.now(CLOCK_MONOTONIC).nanoseconds }

  /// Milliseconds of CLOCK_MONOTONIC.
  package static var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
