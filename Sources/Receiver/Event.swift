internal import CLinux
internal import Glibc
internal import Synchronization

/// Something that happens once and that other threads can wait for: an eventfd(2) that is never read, so that it
/// stays readable for every waiter from `set` on.
public final class Event: Sendable {
  /// The eventfd, for poll(2): readable once the event has happened.
  package let descriptor: CInt
  private let happened = Atomic(false)

  /// An event that has not happened yet.
  public init() throws(ReceiverError) {
    descriptor = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else { throw ReceiverError(.eventfd, code: errno) }
  }

  deinit { close(descriptor) }

  /// Makes it happen. Wakes every waiter; callable from any thread and any number of times.
  public func set() {
    happened.store(true, ordering: .releasing)
    var one: UInt64 = 1
    // A full counter cannot be added to, and means that the event has happened.
    _ = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  /// Whether it has happened.
  public var isSet: Bool { happened.load(ordering: .acquiring) }

  /// Waits for it, at most `milliseconds` (negative is without end), and tells whether it has happened.
  @discardableResult
  public func wait(milliseconds: CInt) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let ready = unsafe poll(&entry, 1, milliseconds)
      if ready < 0 && errno == EINTR { continue }
      return ready > 0
    }
  }
}
