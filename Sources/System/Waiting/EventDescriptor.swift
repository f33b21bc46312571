import CLinux
import Glibc

/// Owner of an eventfd(2): ends a thread's wait, now or when it begins.
package final class EventDescriptor: Sendable {
  private let owner: OwnedDescriptor

  /// For poll(2): readable while signalled.
  package var descriptor: CInt { owner.value }

  /// Opens one, not signalled.
  ///
  /// - Throws: `SystemError` of `eventfd`: EMFILE, ENFILE, ENOMEM.
  package init() throws(SystemError) {
    owner = try OwnedDescriptor("eventfd") { eventfd(0, CLinux_EFD_FLAGS) }
  }

  /// Ends the wait, now or when it begins. Async-signal-safe.
  package func signal() {
    var one: UInt64 = 1
    // A full counter cannot be added to, and is signalled.
    _ = unsafe write(descriptor, &one, 8)
  }

  /// Takes back what was signalled.
  package func clear() {
    var value: UInt64 = 0
    _ = unsafe read(descriptor, &value, 8)
  }

  /// Waits until signalled; false when `milliseconds` (negative: without end) have passed.
  @discardableResult
  package func wait(milliseconds: CInt) -> Bool { Polling.isReady(.readable(descriptor), within: milliseconds) }

  /// Waits until `condition` holds, for one thread at a time: whoever makes it hold signals this. Ends with the limit,
  /// and at once when one of the descriptors `ends` is readable (a negative one never is).
  ///
  /// - Returns: whether it holds.
  @discardableResult
  package func wait(_ limit: TimeLimit, unless ends: [CInt] = [], until condition: () -> Bool) -> Bool {
    while true {
      // Before the look, so that a signal behind it is not taken back.
      clear()
      if condition() { return true }
      let left = limit.left
      guard left > 0 else { return false }
      var entries = ([descriptor] + ends).map(pollfd.readable)
      Polling.wait(&entries, milliseconds: left)
      if entries.dropFirst().contains(where: { $0.revents != 0 }) { return condition() }
    }
  }
}
