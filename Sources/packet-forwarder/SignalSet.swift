import CLinux
import Glibc

/// The signals that end or reload the program, blocked in every thread and taken by the main one.
struct SignalSet {
  private var signals = sigset_t()

  /// Blocks them; call before any thread is started. A closed pipe is an error of `write`, not the end of the program.
  static func blocked() -> SignalSet {
    var set = SignalSet()
    unsafe sigemptyset(&set.signals)
    for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&set.signals, number) }
    unsafe pthread_sigmask(SIG_BLOCK, &set.signals, nil)
    unsafe signal(SIGPIPE, SIG_IGN)
    return set
  }

  /// Waits for SIGTERM or SIGINT; calls `onHangup` for each SIGHUP before.
  func wait(onHangup: () -> Void) {
    while true {
      switch next(seconds: nil) {
      case SIGHUP: onHangup()
      case SIGTERM, SIGINT: return
      default: continue
      }
    }
  }

  /// The next signal; nil if none came within `seconds`.
  func next(seconds: Int?) -> Int32? {
    var set = signals
    var number: Int32 = 0
    guard let seconds else {
      return unsafe sigwait(&set, &number) == 0 ? number : nil
    }
    var time = timespec(tv_sec: seconds, tv_nsec: 0)
    number = unsafe sigtimedwait(&set, nil, &time)
    return number > 0 ? number : nil
  }
}

/// Ends the program even if something hangs, such as a standard output that nobody reads.
enum Deadline {
  static func exit(after milliseconds: UInt32, code: Int32) {
    var thread = pthread_t()
    let argument = UnsafeMutableRawPointer(bitPattern: UInt(milliseconds) << 8 | UInt(code))
    _ = unsafe pthread_create(
      &thread, nil,
      { argument in
        let value = UInt(bitPattern: argument)
        usleep(UInt32(value >> 8) * 1_000)
        _exit(Int32(value & 0xFF))
      }, argument)
  }
}
