internal import Glibc

/// A fixed buffer in front of a file descriptor.
@safe
struct OutputBuffer: ~Copyable {
  let descriptor: CInt
  let capacity: Int
  private(set) var count = 0
  private let closes: Bool
  private let base: UnsafeMutableRawPointer

  /// - Parameter closes: whether `descriptor` is closed with this buffer.
  init(descriptor: CInt, closes: Bool, capacity: Int) {
    self.descriptor = descriptor
    self.closes = closes
    self.capacity = capacity
    unsafe base = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit {
    unsafe base.deallocate()
    if closes { close(descriptor) }
  }

  /// Makes room for `bytes` more, at most `capacity`, by writing out what is buffered if need be.
  mutating func reserve(_ bytes: Int) throws(CollectorError) {
    precondition(bytes <= capacity)
    if capacity - count < bytes { try flush() }
  }

  /// Appends a value in memory order. Traps without room: `reserve` first.
  mutating func append<Value: BitwiseCopyable>(_ value: Value) {
    precondition(MemoryLayout<Value>.size <= capacity - count)
    unsafe base.storeBytes(of: value, toByteOffset: count, as: Value.self)
    count += MemoryLayout<Value>.size
  }

  /// Appends bytes. Traps without room: `reserve` first.
  mutating func append(_ bytes: RawSpan) {
    precondition(bytes.byteCount <= capacity - count)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe (base + count).copyMemory(from: start, byteCount: source.count)
    }
    count += bytes.byteCount
  }

  /// Writes everything out, waiting for a slow reader. On an error what was buffered is lost.
  mutating func flush() throws(CollectorError) {
    var written = 0
    defer { count = 0 }
    while written < count {
      let result = unsafe write(descriptor, base + written, count - written)
      if result >= 0 {
        written += result
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        // The descriptor came to us in non-blocking mode; its mode is shared with others, so it stays.
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&entry, 1, -1)
      case let code: throw CollectorError(.write, code: code)
      }
    }
  }
}
