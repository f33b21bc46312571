import Glibc
import System

/// The signals that end or reload the program, taken by the main thread.
struct Signals {
  private let signals: SignalDescriptor

  /// What ends a wait.
  enum Wake: Equatable {
    /// SIGTERM or SIGINT.
    case end
    /// The work ended by itself.
    case done
    /// The time has passed.
    case timeout
  }

  /// Takes them from now on; call before any thread is started. SIGHUP, which the start has put off, gets its usual
  /// meaning where it is not among them.
  init(_ numbers: [Int32] = [SIGTERM, SIGINT, SIGHUP]) throws {
    do throws(SystemError) {
      signals = try SignalDescriptor(numbers)
    } catch {
      throw ExitStatus.failure(error)
    }
    guard !numbers.contains(SIGHUP) else { return }
    SignalSet([SIGHUP]).unblock()
  }

  /// For poll(2): readable while one waits to be taken.
  var descriptor: CInt { signals.descriptor }

  /// Waits for SIGTERM, SIGINT, for one of `done` to become readable, or until `deadline` (milliseconds of `MonotonicClock`).
  /// Calls `onHangup` for each SIGHUP before. A bad day of the system is no reason to end, so poll(2) is made again.
  func wait(done: CInt..., until deadline: Int64? = nil, onHangup: () -> Void = {}) -> Wake {
    while true {
      while let number = signals.next() {
        if number != SIGHUP { return .end }
        onHangup()
      }
      let left = deadline.map { $0 - MonotonicClock.milliseconds }
      if let left, left <= 0 { return .timeout }
      var entries: [pollfd] = [.readable(signals.descriptor)] + done.map(pollfd.readable)
      Polling.wait(&entries, milliseconds: left.map { Int32(clamping: $0) } ?? -1)
      if entries[0].revents == 0, entries[1...].contains(where: { $0.revents != 0 }) { return .done }
    }
  }
}
