internal import Synchronization

/// A sink behind a lock: what workers hand a batch of frames to.
protocol FrameSlot: AnyObject, Sendable {
  /// Hands every frame of the batch to the sink.
  ///
  /// - Throws: what the sink throws. The frames from that one on are lost, and in `undelivered`.
  func deliver(_ frames: borrowing FrameList, of slab: borrowing DatagramSlab) throws(ReceiverError)

  /// Flushes the sink.
  func flush() throws(ReceiverError)

  /// Frames that were handed to it and are not handed on, as of the last batch or flush. Waits for nobody.
  var undelivered: FrameTally { get }

  /// The descriptor written to, if a lost reader should be noticed at once.
  var outputDescriptor: CInt? { get }
}

/// The slot of a sink.
final class SinkSlot<Sink: FrameSink & ~Copyable>: FrameSlot {
  private struct Guarded: ~Copyable {
    var sink: Sink
    /// Frames that the sink did not take.
    var refused = FrameTally()
  }

  private let guarded: Mutex<Guarded>
  /// Apart from the sink's own lock, which is held for as long as a slow reader takes.
  private let published = Mutex(FrameTally())
  let outputDescriptor: CInt?

  init(_ sink: consuming sending Sink) {
    outputDescriptor = sink.outputDescriptor
    guarded = Mutex(Guarded(sink: sink))
  }

  var undelivered: FrameTally { published.withLock { $0 } }

  func deliver(_ frames: borrowing FrameList, of slab: borrowing DatagramSlab) throws(ReceiverError) {
    try guarded.withLock { guarded throws(ReceiverError) in
      defer { publish(guarded.sink.pending + guarded.refused) }
      for index in 0..<frames.count {
        do throws(ReceiverError) {
          try guarded.sink.receive(slab.frame(frames[index]), frames[index].origin)
        } catch {
          for lost in index..<frames.count { guarded.refused.add(UInt64(frames[lost].byteCount)) }
          throw error
        }
      }
    }
  }

  func flush() throws(ReceiverError) {
    try guarded.withLock { guarded throws(ReceiverError) in
      defer { publish(guarded.sink.pending + guarded.refused) }
      try guarded.sink.flush()
    }
  }

  private func publish(_ tally: FrameTally) { published.withLock { $0 = tally } }
}
