internal import Synchronization

/// What one worker has counted. The worker writes it batch by batch; any thread may read it.
final class WorkerAccount: Sendable {
  /// What others may see.
  struct Figures: Sendable {
    /// `frames` are those handed to the outputs.
    var counters = ReceiveCounters()
    /// Of these, frames on their way to the outputs.
    var inFlight = FrameTally()
    /// As of `counters`.
    var ports: [SenderTable.Port] = []
    /// Datagrams from ports that are not among them.
    var unlisted: UInt64 = 0
  }

  private struct State {
    var intake: Intake
    var inFlight = FrameTally()
  }

  private let state: Mutex<State>

  init(_ plan: ReceivePlan) {
    state = Mutex(State(intake: Intake(plan)))
  }

  /// Counts and sorts the first `count` messages of `slab`; the frames that are to be handed on go into `frames` and are
  /// in flight.
  ///
  /// - Returns: what is to be sent back.
  func take(_ count: Int, of slab: borrowing DatagramSlab, into frames: inout FrameList) -> [Reply] {
    state.withLock { state in
      state.intake.sort(count, of: slab, into: &frames)
      state.inFlight = frames.tally
      return state.intake.takeReplies()
    }
  }

  /// Requests for reports that are due at `now`, nanoseconds of `MonotonicClock`.
  func requests(now: Int64) -> [Reply] { state.withLock { $0.intake.requests(now: now) } }

  /// What was in flight has been handed on, or was lost by the outputs, which know.
  func land(kernelDropped: UInt64) {
    state.withLock { state in
      state.inFlight = FrameTally()
      state.intake.counters.kernelDropped = kernelDropped
    }
  }

  /// What has been counted so far.
  var figures: Figures {
    state.withLock {
      let senders = $0.intake.senders
      return Figures(
        counters: $0.intake.counters, inFlight: $0.inFlight, ports: senders.ports, unlisted: senders.unlisted)
    }
  }
}
