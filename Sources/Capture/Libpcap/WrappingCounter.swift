/// A sum of what a 32-bit counter grows by, which begins again at 0 when it is full.
struct WrappingCounter {
  private var last: UInt32
  /// What it has grown by since the beginning.
  private(set) var total: UInt64 = 0

  /// Counts from here on.
  init(_ now: UInt32 = 0) { last = now }

  /// Takes the counter's value now; it must be asked before it has grown by 2^32.
  mutating func update(_ now: UInt32) {
    total &+= UInt64(now &- last)
    last = now
  }
}
