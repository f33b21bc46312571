import Glibc

/// The last words of a program that makes a system call which its sandbox does not let through: nobody is to wonder why it
/// ended.
package enum SyscallAlarm {
  /// The exit code: an error in the software (sysexits.h), or somebody has taken it over.
  package static let exitCode: CInt = 70

  /// Has SIGSYS end the program with one line on standard error. Comes before the program is in force, which lets nobody
  /// change that.
  package static func set() {
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_sigaction = { _, information, _ in unsafe SyscallAlarm.end(information) }
    action.sa_flags = SA_SIGINFO
    _ = unsafe sigaction(SIGSYS, &action, nil)
  }

  /// Has a crash end the program and nothing else. The Swift runtime may have handlers that start its backtracer, which
  /// the sandbox does not allow.
  ///
  /// - Returns: whether there was a handler.
  package static func leaveCrashesToTheKernel() -> Bool {
    var hadHandler = false
    for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] {
      var before = sigaction()
      guard unsafe sigaction(number, nil, &before) == 0, before.sa_flags & SA_SIGINFO != 0 else { continue }
      var usual = sigaction()
      unsafe usual.__sigaction_handler.sa_handler = SIG_DFL
      _ = unsafe sigaction(number, &usual, nil)
      hadHandler = true
    }
    return hadHandler
  }

  /// Only what a signal handler may do: no memory is allocated, and a standard error that takes nothing now gets nothing.
  private static func end(_ information: UnsafeMutablePointer<siginfo_t>?) {
    let number = unsafe UInt32(bitPattern: information?.pointee._sifields._sigsys._syscall ?? -1)
    let before: StaticString = "packet-forwarder: ended: the sandbox does not allow system call "
    let after: StaticString = ", or not with these arguments; please report it (SANDBOX=off leaves the sandbox out)\n"
    var line = InlineArray<256, UInt8>(repeating: 0)
    var count = 0
    unsafe append(before, to: &line, &count)
    append(number, to: &line, &count)
    unsafe append(after, to: &line, &count)
    if Polling.isReady(.writable(STDERR_FILENO), within: 0) {
      _ = unsafe withUnsafeBytes(of: &line) { unsafe write(STDERR_FILENO, $0.baseAddress, count) }
    }
    _exit(exitCode)
  }

  @unsafe private static func append(_ text: StaticString, to line: inout InlineArray<256, UInt8>, _ count: inout Int) {
    for offset in 0..<text.utf8CodeUnitCount where count < line.count {
      unsafe line[count] = text.utf8Start[offset]
      count += 1
    }
  }

  private static func append(_ number: UInt32, to line: inout InlineArray<256, UInt8>, _ count: inout Int) {
    var divisor: UInt32 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0, count < line.count {
      line[count] = UInt8(ascii: "0") + UInt8(number / divisor % 10)
      count += 1
      divisor /= 10
    }
  }
}
