import Capture
import Logging
import Mirror
import Synchronization
import System
import Telemetry

/// What is told to whoever asks over the status socket.
extension ForwarderService {
  /// Milliseconds for which flows are sampled after somebody has asked for them.
  static let flowDemand: Int64 = 5_000
  /// Flows that are shown.
  private static let flowCount = 10

  /// Answers who asks, until the end. A system without such sockets is no reason not to mirror.
  func serveStatus() {
    do throws(SystemError) {
      let server = try StatusServer { [weak self] in self?.answer($0) ?? "" }
      try BackgroundThread.run(name: "status") { [ending] in server.run(until: ending) }
    } catch {
      logger.warning("healthcheck and status will find nobody: \(error)")
    }
  }

  private func answer(_ request: StatusRequest) -> String {
    if request.wantsFlows { demandFlows() }
    switch request {
    case .health: return StatusAnswer.health(snapshot)
    case .screen(let flows): return StatusAnswer.screen(detailedSnapshot(flows: flows))
    case .document(let flows): return StatusDocument.text(detailedSnapshot(flows: flows)) + "\n"
    }
  }

  /// With what is looked for only when somebody wants to see it.
  func detailedSnapshot(flows: Bool) -> ForwarderStatus {
    var status = snapshot
    status.interfaces = board.interfaces(settings.interfaces, present: NetworkInterface.all())
    status.filterInstructions = filterLength()
    if flows { status.flows = topFlows }
    return status
  }

  /// The plan changes rarely, and to compile it takes a while.
  private func filterLength() -> Int? {
    guard let plan = workers.first?.plan else { return nil }
    if let known = state.withLock({ $0.filterLength }), known.plan == plan { return known.count }
    let count = try? plan.instructionCount()
    state.withLock { $0.filterLength = (plan, count) }
    return count
  }

  private func demandFlows() {
    state.withLock { $0.flowsUntil = MonotonicClock.milliseconds + Self.flowDemand }
    for worker in workers { worker.pipeline.sampleFlows(true) }
  }

  /// Ends the sampling of flows when nobody has asked for a while.
  func endFlowDemand() {
    let isOver = state.withLock { state in
      guard let until = state.flowsUntil, until < MonotonicClock.milliseconds else { return false }
      state.flowsUntil = nil
      return true
    }
    if isOver { for worker in workers { worker.pipeline.sampleFlows(false) } }
  }

  private var topFlows: [ForwarderStatus.Flow] {
    let now = MonotonicClock.nanoseconds
    // All packets of a flow are one worker's.
    let all = workers.flatMap { $0.pipeline.flows(at: now) }
    return all.sorted { $0.bytesPerSecond > $1.bytesPerSecond }.prefix(Self.flowCount).map { flow in
      ForwarderStatus.Flow(name: flow.name.description, bytesPerSecond: flow.bytesPerSecond)
    }
  }
}
