/// Fixed memory for the tunnel header and the rewritten inner headers of the datagrams of one flush.
@safe
struct HeaderArena: ~Copyable {
  static let byteCount = 512 << 10

  private let base: UnsafeMutableRawPointer
  private var used = 0

  init() {
    unsafe base = .allocate(byteCount: Self.byteCount, alignment: 64)
  }

  deinit {
    unsafe base.deallocate()
  }

  func hasRoom(_ byteCount: Int) -> Bool { used + byteCount <= Self.byteCount }

  /// Takes `byteCount` bytes, which stay in place until `removeAll`. Traps if there is no room.
  mutating func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
    precondition(hasRoom(byteCount))
    let start = unsafe base + used
    // Eight-byte steps keep every tunnel header aligned.
    used += (byteCount + 7) & ~7
    return unsafe start
  }

  mutating func removeAll() { used = 0 }
}
