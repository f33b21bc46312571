import CLinux
import Glibc

/// Owner of an eventfd(2): ends a thread's wait, now or when it begins.
package final class EventDescriptor: Sendable {
  /// For poll(2): readable while signalled.
  package let descriptor: CInt

  /// Opens one, not signalled.
  ///
  /// - Throws: `SystemError` of `eventfd`: EMFILE, ENFILE, ENOMEM.
  package init() throws(SystemError) {
    descriptor = eventfd(0, CLinux_EFD_FLAGS)
    guard descriptor >= 0 else { throw .last("eventfd") }
  }

  deinit {
    close(descriptor)
  }

  /// Ends the wait, now or when it begins. Async-signal-safe.
  package func signal() {
    var one: UInt64 = 1
    _ = unsafe write(descriptor, &one, 8)
  }

  /// Takes back what was signalled.
  package func clear() {
    var value: UInt64 = 0
    _ = unsafe read(descriptor, &value, 8)
  }

  /// Waits until signalled; false when `milliseconds` (negative: without end) have passed.
  @discardableResult
  package func wait(milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, milliseconds) > 0
  }
}
