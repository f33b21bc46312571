public import Wire

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
}

/// Where received frames go: a capture file, lines of text, a test's array.
public protocol FrameSink: ~Copyable {
  /// Takes one inner Ethernet frame of at least `Decapsulation.minimumFrame` bytes.
  ///
  /// - Parameters:
  ///   - frame: valid only during the call.
  ///   - header: the VXLAN header it came under.
  ///   - timestamp: when the kernel received it, nanoseconds since 1970, UTC.
  /// - Throws: `ReceiverError`, which ends receiving; `.write` with EPIPE ends it without an error. The frame was not
  ///   taken then, and is not in `pending`.
  mutating func receive(_ frame: RawSpan, header: VXLANHeader, timestamp: UInt64) throws(ReceiverError)

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
