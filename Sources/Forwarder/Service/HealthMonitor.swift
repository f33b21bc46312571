import Logging
import Mirror
import Synchronization
import System
import Telemetry

/// Looks once a second whether the forwarder does its work, and says so: in the log when that changes, in HEALTH_FILE, to
/// whoever asks.
final class HealthMonitor: Sendable {
  private struct State {
    var rules: HealthRules
    var lastLook: Int64?
    var reason: String?
    var unhealthySince: Int64?
    var lastCounters = Counters()
    var recent: ForwarderStatus.Recent?
    var fileFailure: String?
    /// After the end there is no file any more.
    var hasEnded = false
  }

  /// Milliseconds after which a look is too old to be believed: who looks has stopped as well.
  private let patience: Int64
  private let file: FlagFile?
  private let logger: Logger
  private let clock: @Sendable () -> Int64
  private let state: Mutex<State>

  /// `clock` tells milliseconds that never go back.
  init(
    _ settings: Settings, limits: HealthRules.Limits, logger: Logger,
    clock: @escaping @Sendable () -> Int64 = { MonotonicClock.milliseconds }
  ) {
    patience = limits.turn
    file = settings.healthFile.map { FlagFile(path: $0, contents: "healthy\n") }
    self.logger = logger
    self.clock = clock
    state = Mutex(State(rules: HealthRules(limits)))
  }

  /// Why the forwarder does not do its work; nil while it does.
  var reason: String? {
    let (lastLook, reason) = state.withLock { ($0.lastLook, $0.reason) }
    guard let lastLook else { return "it has only just started" }
    let age = clock() - lastLook
    return age >= patience ? "nobody has looked after it for \(age / 1_000) s" : reason
  }

  /// What the last second brought.
  var recent: ForwarderStatus.Recent? { state.withLock { $0.recent } }

  /// One from an earlier run says nothing of this one.
  func begin() { setFile(exists: false) }

  /// Looks at the forwarder as it is now.
  func look(_ status: ForwarderStatus) {
    let now = clock()
    let (before, reason, since) = state.withLock { state in
      let found = state.rules.troubles(status, now: now)
      let before = state.reason
      state.reason = found.isEmpty ? nil : found.map(\.description).joined(separator: "; ")
      let since = state.unhealthySince
      state.unhealthySince = state.reason == nil ? nil : since ?? now
      if let lastLook = state.lastLook {
        state.recent = .init(counters: status.counters - state.lastCounters, milliseconds: now - lastLook)
      }
      state.lastLook = now
      state.lastCounters = status.counters
      return (before, state.reason, since)
    }
    if before == nil, let reason {
      logger.error("unhealthy: \(reason)")
    } else if reason == nil, let since {
      logger.notice("healthy again, after \((now - since) / 1_000) s")
    }
    setFile(exists: reason == nil)
  }

  /// The end has begun.
  func end() {
    state.withLock { $0.hasEnded = true }
    setFile(exists: false)
  }

  /// One warning where it cannot be had; mirroring goes on.
  private func setFile(exists: Bool) {
    guard let file else { return }
    let (before, now) = state.withLock { state in
      let before = state.fileFailure
      do throws(SystemError) {
        try file.set(exists: exists && !state.hasEnded)
        state.fileFailure = nil
      } catch {
        state.fileFailure = "\(error)"
      }
      return (before, state.fileFailure)
    }
    if before == nil, let now {
      logger.warning("HEALTH_FILE=\(file.path) cannot be kept: \(now); trying again")
    } else if before != nil, now == nil {
      logger.notice("HEALTH_FILE=\(file.path) is kept again")
    }
  }
}
