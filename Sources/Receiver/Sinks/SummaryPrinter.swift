/// Prints a line for each frame. Lines are written whole and at most 4096 bytes (PIPE_BUF) at a time, which a pipe
/// takes without mixing in what other threads write to it.
public struct SummaryPrinter: ~Copyable, FrameSink {
  private var output: OutputBuffer

  /// Prints to an open descriptor, which stays the caller's to close.
  public init(descriptor: CInt) {
    output = OutputBuffer(descriptor: descriptor, capacity: 4096)
  }

  /// Where lines go.
  public var outputDescriptor: CInt? { output.descriptor }

  /// Prints the frame's line, once the buffer is full or flushed.
  public mutating func receive(_ frame: RawSpan, _ origin: FrameOrigin) throws(ReceiverError) {
    let line = FrameSummary.line(frame, header: origin.header, timestamp: origin.timestamp) + "\n"
    try output.append(line, frameByteCount: frame.byteCount)
  }

  /// Frames whose lines are in the buffer, or were lost with it.
  public var pending: FrameTally { output.pending }

  /// Writes out what is buffered.
  public mutating func flush() throws(ReceiverError) {
    try output.flush()
  }
}
