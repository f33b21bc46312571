internal import Glibc
internal import Synchronization

/// A place that frames go to. Several may be used at once: one that fails is told of once, and the others go on.
public final class ReceiveOutput: Sendable {
  /// How an output ended before the receiver did.
  public enum End: Equatable, Sendable {
    /// Whoever read it went away.
    case readerGone
    /// It could not be written.
    case failed(ReceiverError)
  }

  /// What messages call it: a path, or an interface's name.
  public let name: String
  /// One, or one for each worker.
  private let slots: [any FrameSlot]
  private let state = Mutex<End?>(nil)
  private let hasEnded = Atomic(false)
  private let onEnd: @Sendable (String, End) -> Void

  /// All workers hand their frames to `sink`. `onEnd` is called once, from a worker's thread, when it can take no more.
  public convenience init<Sink: FrameSink & ~Copyable>(
    _ name: String, _ sink: consuming sending Sink, onEnd: @escaping @Sendable (String, End) -> Void = { _, _ in }
  ) {
    self.init(name, slots: [SinkSlot(sink)], onEnd: onEnd)
  }

  init(_ name: String, slots: [any FrameSlot], onEnd: @escaping @Sendable (String, End) -> Void) {
    self.name = name
    self.slots = slots
    self.onEnd = onEnd
  }

  /// How it ended; nil as long as it works.
  public var end: End? { state.withLock { $0 } }

  /// Whether it takes no more.
  var isOver: Bool { hasEnded.load(ordering: .acquiring) }

  /// Frames handed to it that are not handed on: they wait, or were lost.
  var undelivered: FrameTally { slots.reduce(FrameTally()) { $0 + $1.undelivered } }

  /// What a lost reader shows on.
  var descriptors: [CInt] { slots.compactMap(\.outputDescriptor) }

  /// Hands on a batch of worker number `worker`.
  func deliver(_ frames: borrowing FrameList, of slab: borrowing DatagramSlab, worker: Int) {
    guard !isOver else { return }
    do throws(ReceiverError) {
      try slots[worker % slots.count].deliver(frames, of: slab)
    } catch {
      finish(error)
    }
  }

  /// Hands on what waits of worker number `worker`.
  func flush(worker: Int) {
    guard !isOver else { return }
    do throws(ReceiverError) {
      try slots[worker % slots.count].flush()
    } catch {
      finish(error)
    }
  }

  /// It takes no more, for this reason; the first counts.
  func finish(_ error: ReceiverError) {
    let end: End = error == ReceiverError.readerGone ? .readerGone : .failed(error)
    let isFirst = state.withLock { state in
      guard state == nil else { return false }
      state = end
      return true
    }
    hasEnded.store(true, ordering: .releasing)
    if isFirst { onEnd(name, end) }
  }
}
