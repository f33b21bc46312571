internal import Glibc
internal import System

/// A fixed buffer in front of a file descriptor, which knows where in it each frame ends.
@safe
struct OutputBuffer: ~Copyable {
  let descriptor: CInt
  /// nil where the descriptor is the caller's to close.
  private let owner: OwnedDescriptor?
  let capacity: Int
  private(set) var count = 0
  /// Bytes appended and not lost, written or not.
  var total: Int { flushed + count }
  private var flushed = 0
  private let base: UnsafeMutableRawPointer
  /// Where each frame in the buffer ends, and how long it was. Allocated once, for the shortest frames.
  private var frames: [(end: Int, byteCount: Int)] = []
  /// Frames in the buffer, or lost with it.
  private(set) var pending = FrameTally()

  /// In front of an open descriptor, which stays the caller's to close.
  init(descriptor: CInt, capacity: Int) { self.init(descriptor, owner: nil, capacity: capacity) }

  /// In front of a descriptor that is closed with this buffer.
  init(_ owner: OwnedDescriptor, capacity: Int) { self.init(owner.value, owner: owner, capacity: capacity) }

  private init(_ descriptor: CInt, owner: OwnedDescriptor?, capacity: Int) {
    self.descriptor = descriptor
    self.owner = owner
    self.capacity = capacity
    unsafe base = .allocate(byteCount: capacity, alignment: 16)
    frames.reserveCapacity(capacity / Self.shortestFrame)
  }

  /// Bytes that the shortest frame takes: a pcapng block of 14 bytes, or a line.
  private static let shortestFrame = 48

  deinit {
    unsafe base.deallocate()
  }

  /// Makes room for `bytes` more, at most `capacity`, by writing out what is buffered if need be.
  mutating func reserve(_ bytes: Int) throws(ReceiverError) {
    precondition(bytes <= capacity)
    if capacity - count < bytes { try flush() }
  }

  /// Appends a value in memory order. Traps without room: `reserve` first.
  mutating func append<Value: BitwiseCopyable>(_ value: Value) {
    precondition(MemoryLayout<Value>.size <= capacity - count)
    unsafe base.storeBytes(of: value, toByteOffset: count, as: Value.self)
    count += MemoryLayout<Value>.size
  }

  /// Makes room for a frame's text, at most `capacity` bytes of it, and appends it.
  mutating func append(_ text: String, frameByteCount: Int) throws(ReceiverError) {
    let bytes = Array(text.utf8)
    try reserve(bytes.count)
    unsafe append(bytes.span.bytes)
    endFrame(byteCount: frameByteCount)
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

  /// What was appended last was the end of a frame of `byteCount` bytes.
  mutating func endFrame(byteCount: Int) {
    frames.append((count, byteCount))
    pending.frames += 1
    pending.bytes += UInt64(byteCount)
  }

  /// Writes everything out, waiting for a slow reader. On an error what was buffered is lost and stays in `pending`, but
  /// for the frames that were written whole; of one that was not, nothing is left in a regular file.
  mutating func flush() throws(ReceiverError) {
    let bytes = unsafe RawSpan(_unsafeStart: base, byteCount: count)
    let (written, code) = WholeWrite.write(bytes, to: descriptor)
    if code != nil { cutBack(written) }
    settle(written)
    flushed += written
    count = 0
    if let code { throw ReceiverError(.write, code: code) }
  }

  /// Takes the frames that are whole in the first `written` bytes out of `pending`.
  private mutating func settle(_ written: Int) {
    for frame in frames where frame.end <= written {
      pending.frames -= 1
      pending.bytes -= UInt64(frame.byteCount)
    }
    frames.removeAll(keepingCapacity: true)
  }

  /// Takes back what was written of a frame without its end, so that whatever is in the file can be read. Only where it
  /// is the end of a regular file: others may have written behind it.
  private func cutBack(_ written: Int) {
    let torn = off_t(written - (frames.last { $0.end <= written }?.end ?? 0))
    var status = stat()
    let position = lseek(descriptor, 0, SEEK_CUR)
    guard torn > 0, unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      position == status.st_size, position >= torn
    else { return }
    // A failure leaves it as it is; the position matters to nobody, since this was the last write.
    _ = ftruncate(descriptor, position - torn)
  }
}
