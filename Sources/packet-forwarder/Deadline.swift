import Glibc
import System

/// The end of the program whatever hangs. It needs no thread, which there may be none left to have.
enum Deadline {
  /// What a program that was told to end has for it, in milliseconds: those who told it wait two seconds.
  static let forEnding: Int64 = 1_800
  /// When the rest is not waited for any more, in milliseconds.
  private static let lastResort = 1_950

  /// Ends the program with `ExitStatus.temporaryFailure` if it still runs at the last resort.
  static func set() {
    signal(SIGALRM) { _ in
      // Only what a signal handler may do. A standard error that takes nothing now gets nothing.
      let words: StaticString = "packet-forwarder: not ended in time: the last statistics are missing or not exact\n"
      if Polling.isReady(.writable(STDERR_FILENO), within: 0) {
        _ = unsafe write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
      }
      _exit(ExitStatus.temporaryFailure)
    }
    var timer = itimerval()
    timer.it_value = timeval(tv_sec: lastResort / 1_000, tv_usec: lastResort % 1_000 * 1_000)
    _ = unsafe setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
  }
}
