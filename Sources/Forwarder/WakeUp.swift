import CLinux
import Glibc

/// Owner of an eventfd(2) that ends a thread's wait.
final class WakeUp: Sendable {
  let descriptor: CInt

  init() {
    descriptor = eventfd(0, CLinux_EFD_FLAGS)
    precondition(descriptor >= 0, "eventfd: out of descriptors at start")
  }

  deinit {
    close(descriptor)
  }

  /// Ends the wait, now or when it begins.
  func signal() {
    var one: UInt64 = 1
    _ = unsafe write(descriptor, &one, 8)
  }

  /// Takes back what was signalled.
  func clear() {
    var value: UInt64 = 0
    _ = unsafe read(descriptor, &value, 8)
  }

  /// Waits until signalled; false when `milliseconds` have passed.
  func wait(milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, milliseconds) > 0
  }
}
