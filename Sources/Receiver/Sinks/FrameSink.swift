/// A number of frames.
public struct FrameTally: Equatable, Sendable {
  /// How many.
  public var frames: UInt64 = 0
  /// Their bytes.
  public var bytes: UInt64 = 0

  /// These.
  public init(frames: UInt64 = 0, bytes: UInt64 = 0) {
    self.frames = frames
    self.bytes = bytes
  }

  /// One frame more, of so many bytes.
  mutating func add(_ byteCount: UInt64) {
    frames += 1
    bytes += byteCount
  }

  /// Both together.
  static func + (a: FrameTally, b: FrameTally) -> FrameTally {
    FrameTally(frames: a.frames + b.frames, bytes: a.bytes + b.bytes)
  }
}

/// Where received frames go: a capture file, lines of text, a test's array.
public protocol FrameSink: ~Copyable {
  /// Takes one inner Ethernet frame of at least `Decapsulation.minimumFrame` bytes.
  ///
  /// - Parameters:
  ///   - frame: valid only during the call.
  ///   - origin: where it came from, and when.
  /// - Throws: `ReceiverError`, which ends this output; `.write` with EPIPE says that its reader has gone. The frame was
  ///   not taken then, and is not in `pending`.
  mutating func receive(_ frame: RawSpan, _ origin: FrameOrigin) throws(ReceiverError)

  /// No frame is waiting: hand on what is buffered.
  mutating func flush() throws(ReceiverError)

  /// Frames taken that are not handed on: they wait in a buffer, or were lost when it could not be written.
  var pending: FrameTally { get }

  /// The descriptor written to, if a lost reader should end receiving at once; nil if there is none.
  var outputDescriptor: CInt? { get }
}

extension FrameSink where Self: ~Copyable {
  /// None: what is taken is handed on.
  public var pending: FrameTally { FrameTally() }
}
