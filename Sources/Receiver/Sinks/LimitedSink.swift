/// Hands on so many frames, and takes those behind without doing anything with them: they have arrived all the same.
public struct LimitedSink<Sink: FrameSink & ~Copyable>: ~Copyable, FrameSink {
  private var sink: Sink
  /// Frames that may come yet; nil is without end.
  private var left: UInt64?
  private let onLast: @Sendable () -> Void

  /// In front of `sink`. `onLast` is called when the last frame of `limit` was handed on; nil is without end.
  public init(_ sink: consuming Sink, limit: UInt64?, onLast: @escaping @Sendable () -> Void) {
    self.sink = sink
    left = limit
    self.onLast = onLast
  }

  /// Of the sink behind it.
  public var outputDescriptor: CInt? { sink.outputDescriptor }

  /// Hands the frame on, or does nothing.
  public mutating func receive(_ frame: RawSpan, _ origin: FrameOrigin) throws(ReceiverError) {
    if left == 0 { return }
    try sink.receive(frame, origin)
    guard let before = left else { return }
    left = before - 1
    if before == 1 { onLast() }
  }

  /// Of the sink behind it.
  public var pending: FrameTally { sink.pending }

  /// Has the sink behind it hand on what it has.
  public mutating func flush() throws(ReceiverError) { try sink.flush() }
}
