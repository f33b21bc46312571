internal import Wire

/// Prints a line in columns for each frame, to a terminal; `SummaryPrinter` is for programs.
public struct ColumnPrinter: ~Copyable, FrameSink {
  private var output: OutputBuffer
  private let columns: FrameColumns

  /// Prints to an open descriptor, which stays the caller's to close.
  ///
  /// - Parameters:
  ///   - descriptor: what is written to.
  ///   - start: when the first column is zero, in nanoseconds since 1970.
  ///   - hasColours: whether parts have colours.
  public init(descriptor: CInt, start: UInt64, hasColours: Bool) {
    output = OutputBuffer(descriptor: descriptor, capacity: 4096)
    columns = FrameColumns(hasColours: hasColours, start: start)
  }

  /// The names of the columns.
  public static func heading(hasColours: Bool) -> String { FrameColumns(hasColours: hasColours, start: 0).heading }

  /// Where lines go.
  public var outputDescriptor: CInt? { output.descriptor }

  /// Prints the frame's line, once the buffer is full or flushed.
  public mutating func receive(_ frame: RawSpan, _ origin: FrameOrigin) throws(ReceiverError) {
    let line = columns.line(frame, vni: origin.header.vni, timestamp: origin.timestamp) + "\n"
    try output.append(line, frameByteCount: frame.byteCount)
  }

  /// Frames whose lines are in the buffer, or were lost with it.
  public var pending: FrameTally { output.pending }

  /// Writes out what is buffered.
  public mutating func flush() throws(ReceiverError) {
    try output.flush()
  }
}
