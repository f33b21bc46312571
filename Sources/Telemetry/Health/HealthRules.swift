import Mirror
import Transport

/// Judges whether the forwarder does its work: states in, verdict out. Looked at about once a second, with times in
/// milliseconds of a clock that does not go back. No traffic is no trouble.
package struct HealthRules: Sendable {
  /// What a healthy forwarder is given.
  package struct Limits: Equatable, Sendable {
    /// Milliseconds in which a capture thread makes a turn; it waits a quarter of a second at most, and half a second
    /// for a full send buffer.
    package var turn: Int64 = 5_000
    /// Milliseconds of an interval; of three in which every send has failed.
    package var interval: Int64

    /// With STAT_DURATION as `seconds`. Where that is off or long, a failure is not to be found out for the first time
    /// after an hour: then it is the default.
    package init(statDuration seconds: Int) {
      interval =
        (1...Self.longestInterval).contains(Int64(seconds)) ? Int64(seconds) * 1_000 : Self.longestInterval * 1_000
    }

    private static let longestInterval: Int64 = 30
  }

  /// Intervals in a row in which every send has failed, after which it is no passing trouble.
  package static let failingIntervals = 3

  private let limits: Limits
  /// When it looked last. Who was stopped himself cannot say of others that they stood still.
  private var lastLook: Int64?
  /// Since when it has looked without a pause.
  private var watchedSince: Int64 = 0

  private var last = Counters()
  private var intervalStart: Int64 = 0
  private var hasFailed = false
  /// Intervals in which sends failed and none worked, up to now.
  private var failedIntervals = 0
  private var failingSince: Int64?
  private var lastReason = ""

  /// Rules with these limits.
  package init(_ limits: Limits) { self.limits = limits }

  /// What is wrong with `status`, the forwarder as it is at `now`, the gravest first; none where all is well.
  package mutating func troubles(_ status: ForwarderStatus, now: Int64) -> [HealthTrouble] {
    if let lastLook, now - lastLook < limits.turn / 2 {} else { watchedSince = now }
    lastLook = now
    var found = status.workers.compactMap { stalled($0, now: now) }
    found += status.interfaces.compactMap { interface in
      interface.trouble.map { .interfaceLost(name: interface.name, reason: $0) }
    }
    // Workers that share an interface meet the same.
    for worker in status.workers where !worker.isCapturing && !worker.hasEnded {
      add(.captureLost(reason: worker.captureFailure ?? "not open yet"), to: &found)
    }
    for worker in status.workers {
      if let reason = worker.filterFailure { add(.filterClosed(reason: reason), to: &found) }
    }
    if !status.collectors.contains(where: { $0.pathMTU != nil }) {
      let reasons = status.destinations.compactMap(\.failure)
      found.append(.noDestination(reason: reasons.isEmpty ? "not known yet" : reasons.joined(separator: "; ")))
    }
    if let failing = sendsFail(status, now: now) { found.append(failing) }
    return found
  }

  private func add(_ trouble: HealthTrouble, to found: inout [HealthTrouble]) {
    if !found.contains(trouble) { found.append(trouble) }
  }

  private func stalled(_ worker: ForwarderStatus.Worker, now: Int64) -> HealthTrouble? {
    if worker.hasEnded { return .workerEnded(index: worker.index) }
    let still = min(worker.turnAge, now - watchedSince)
    return still >= limits.turn ? .workerStalled(index: worker.index, milliseconds: worker.turnAge) : nil
  }

  /// An interval without traffic proves nothing, neither way.
  private mutating func sendsFail(_ status: ForwarderStatus, now: Int64) -> HealthTrouble? {
    let new = status.counters - last
    last = status.counters
    if intervalStart == 0 { intervalStart = now }
    if new.send.sentDatagrams > 0 {
      hasFailed = false
      failedIntervals = 0
      failingSince = nil
      intervalStart = now
    } else if new.droppedSend > 0 {
      if failingSince == nil {
        failingSince = now
        intervalStart = now
      }
      hasFailed = true
      lastReason = new.send.droppedByName.map(\.name).joined(separator: ", ")
    }
    if now - intervalStart >= limits.interval {
      if hasFailed { failedIntervals += 1 }
      hasFailed = false
      intervalStart = now
    }
    guard failedIntervals >= Self.failingIntervals, let failingSince else { return nil }
    return .sendsFail(milliseconds: now - failingSince, reason: lastReason)
  }
}
