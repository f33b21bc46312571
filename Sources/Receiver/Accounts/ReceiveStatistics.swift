/// What all workers have counted at one moment.
public struct ReceiveStatistics: Equatable, Sendable {
  /// The sums.
  public var counters = ReceiveCounters()
  /// Who has sent, in the order of their addresses.
  public var senders: [SenderFigures] = []

  /// Nothing yet.
  public init() {}

  /// The sum of `workers`, of whose frames `undelivered` are not handed on.
  init(_ workers: [WorkerAccount.Figures], undelivered: FrameTally) {
    counters = workers.reduce(ReceiveCounters()) { $0 + $1.counters }
    counters.unlisted = workers.reduce(0) { $0 + $1.unlisted }
    let waiting = workers.reduce(undelivered) { $0 + $1.inFlight }
    // A batch that is being handed on may be counted in both.
    counters.undelivered = min(waiting.frames, counters.frames)
    counters.frames -= counters.undelivered
    counters.frameBytes -= min(waiting.bytes, counters.frameBytes)
    senders = SenderFigures.of(workers.flatMap(\.ports))
  }
}
