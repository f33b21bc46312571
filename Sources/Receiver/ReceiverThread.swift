internal import Synchronization
public import System

/// Runs a receiver on a thread of its own: receiving blocks, so it has no place on the cooperative pool.
public final class ReceiverThread: Sendable {
  /// How it ended.
  public typealias Outcome = Result<TunnelReceiver.End, ReceiverError>

  /// What has been counted so far, from any thread.
  public let statistics: TunnelReceiver.Statistics
  /// Happens once nothing more will be received and the sink is closed.
  public let ended: Event
  private let stopping: Event
  private let result: Box<Outcome?>

  /// Starts receiving. The thread takes the signal mask of its maker: block signals first.
  ///
  /// - Parameters:
  ///   - receiver: what receives.
  ///   - sink: where the frames go.
  ///   - limit: frames after which it ends by itself; nil is none.
  /// - Throws: `ReceiverError` of `.eventfd` or `.createThread`.
  public init<Sink: FrameSink & ~Copyable>(
    _ receiver: consuming TunnelReceiver, into sink: consuming Sink, limit: UInt64? = nil
  ) throws(ReceiverError) {
    let stopping = try ReceiverError.from(.eventfd) { () throws(SystemError) in try Event() }
    let ended = try ReceiverError.from(.eventfd) { () throws(SystemError) in try Event() }
    let result = Box<Outcome?>(nil)
    statistics = receiver.statistics
    self.stopping = stopping
    self.ended = ended
    self.result = result
    let work = Work(receiver: receiver, sink: sink)
    try ReceiverError.from(.createThread) { () throws(SystemError) in
      try BackgroundThread.run(name: "receive") {
        result.set(work.run(stop: stopping, limit: limit))
        ended.set()
      }
    }
  }

  /// Asks it to end; what had arrived is still handed on. Does not wait.
  public func stop() { stopping.set() }

  /// Waits for the end, at most `milliseconds` (negative is without end).
  ///
  /// - Returns: how it ended, or nil if it has not: its sink may be waiting for a reader.
  public func join(milliseconds: CInt = -1) -> Outcome? {
    ended.wait(milliseconds: milliseconds)
    return result.get()
  }
}

/// Receiver and sink, which a closure could hold but not change.
private final class Work<Sink: FrameSink & ~Copyable> {
  private var receiver: TunnelReceiver
  private var sink: Sink?

  init(receiver: consuming TunnelReceiver, sink: consuming Sink) {
    self.receiver = receiver
    self.sink = consume sink
  }

  func run(stop: Event, limit: UInt64?) -> ReceiverThread.Outcome {
    guard var sink = sink.take() else { preconditionFailure("runs once") }
    do throws(ReceiverError) {
      return .success(try receiver.run(stop: stop, limit: limit, into: &sink))
    } catch {
      return .failure(error)
    }
  }
}

/// A value that two threads share.
private final class Box<Value: Sendable>: Sendable {
  private let value: Mutex<Value>

  init(_ value: Value) { self.value = Mutex(value) }

  func set(_ new: Value) { value.withLock { $0 = new } }

  func get() -> Value { value.withLock { $0 } }
}
