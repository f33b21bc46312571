internal import Synchronization

/// Something that happens once and that any number of threads can wait for.
public final class Event: Sendable {
  private let signal: EventDescriptor
  private let happened = Atomic(false)

  /// For poll(2): readable once the event has happened.
  package var descriptor: CInt { signal.descriptor }

  // Never inlined: Swift 6.3.1's optimizer fails on an initializer that makes one and then throws.
  /// An event that has not happened yet.
  ///
  /// - Throws: `SystemError` of `eventfd`: EMFILE, ENFILE, ENOMEM.
  @inline(never)
  public init() throws(SystemError) { signal = try EventDescriptor() }

  /// Makes it happen. Wakes every waiter; callable from any thread and any number of times.
  public func set() {
    happened.store(true, ordering: .releasing)
    // Never taken back, so it stays readable for every waiter.
    signal.signal()
  }

  /// Whether it has happened.
  public var isSet: Bool { happened.load(ordering: .acquiring) }

  /// Waits for it, at most `milliseconds` (negative is without end), and tells whether it has happened.
  @discardableResult
  public func wait(milliseconds: CInt) -> Bool { signal.wait(milliseconds: milliseconds) }
}
