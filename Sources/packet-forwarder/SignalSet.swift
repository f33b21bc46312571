import Glibc

/// The signals that end or reload the program, blocked in every thread and taken by the main one.
struct SignalSet {
  private var signals = sigset_t()

  /// Blocks them; call before any thread is started. A closed pipe is an error of `write`, not the end of the program.
  static func blocked() -> SignalSet {
    var set = SignalSet()
    unsafe sigemptyset(&set.signals)
    // SIGUSR1 is how a thread of ours says that it is done.
    for number in [SIGTERM, SIGINT, SIGHUP, SIGUSR1] { unsafe sigaddset(&set.signals, number) }
    unsafe pthread_sigmask(SIG_BLOCK, &set.signals, nil)
    signal(SIGPIPE, SIG_IGN)
    return set
  }

  /// Waits for SIGTERM, SIGINT, or SIGUSR1 from a thread of ours; calls `onHangup` for each SIGHUP before.
  func wait(onHangup: () -> Void) {
    while true {
      var set = signals
      var number: Int32 = 0
      guard unsafe sigwait(&set, &number) == 0 else { continue }
      if number != SIGHUP { return }
      onHangup()
    }
  }
}

/// Ends the program even if something hangs, such as a standard output that nobody reads.
enum Deadline {
  static func exit(after milliseconds: UInt32, code: Int32) {
    var thread = pthread_t()
    let argument = unsafe UnsafeMutableRawPointer(bitPattern: UInt(milliseconds) << 8 | UInt(code))
    _ = unsafe pthread_create(
      &thread, nil,
      { argument in
        let value = UInt(bitPattern: argument)
        usleep(UInt32(value >> 8) * 1_000)
        _exit(Int32(value & 0xFF))
      }, argument)
  }
}
