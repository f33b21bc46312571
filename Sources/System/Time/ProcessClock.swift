import Glibc

/// CPU time of this process.
package enum ProcessClock {
  /// Nanoseconds that all its threads have run, in user space and in the kernel (CLOCK_PROCESS_CPUTIME_ID).
  package static var nanoseconds: Int64 { timespec.now(CLOCK_PROCESS_CPUTIME_ID).nanoseconds }
}
