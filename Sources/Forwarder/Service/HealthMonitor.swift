import Logging
import Mirror
import Synchronization
import System
import Telemetry
import Transport

/// Looks once a second whether the forwarder does its work, and says so: in the log when that changes, in HEALTH_FILE, to
/// the service manager, to whoever asks.
final class HealthMonitor: Sendable {
  private struct State {
    var rules: HealthRules
    var lastLook: Int64?
    var reason: String?
    var unhealthySince: Int64?
    var lastCounters = Counters()
    var recent: ForwarderStatus.Recent?
    /// What the service manager has been told.
    var words = ""
  }

  /// Milliseconds after which a look is too old to be believed: who looks has stopped as well.
  private let patience: Int64
  private let file: HealthFileKeeper?
  private let manager: ServiceManager?
  private let logger: Logger
  private let clock: @Sendable () -> Int64
  private let state: Mutex<State>

  /// `clock` tells milliseconds that never go back.
  ///
  /// - Throws: `SystemError` where no more descriptors may be had.
  init(
    healthFile: String?, limits: HealthRules.Limits, manager: ServiceManager? = nil, logger: Logger,
    clock: @escaping @Sendable () -> Int64 = { MonotonicClock.milliseconds }
  ) throws(SystemError) {
    patience = limits.turn
    if let healthFile { file = try HealthFileKeeper(path: healthFile, logger: logger) } else { file = nil }
    self.manager = manager
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

  /// Starts the thread of HEALTH_FILE, if there is one.
  ///
  /// - Throws: `SystemError` where no more threads may be had.
  func begin() throws(SystemError) { try file?.start() }

  /// Looks at the forwarder as it is now.
  func look(_ status: ForwarderStatus) {
    let now = clock()
    let (before, reason, since, isStuck, words) = state.withLock { state in
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
      let words = Self.words(status, unhealthy: state.reason)
      defer { state.words = words }
      return (
        before, state.reason, since, found.contains(where: \.isCuredByRestart), words == state.words ? nil : words
      )
    }
    if before == nil, let reason {
      logger.error("unhealthy: \(reason)")
    } else if reason == nil, let since {
      logger.notice("healthy again, after \((now - since) / 1_000) s")
    }
    file?.set(exists: reason == nil)
    if let words { manager?.tell(.status(words)) }
    if !isStuck { manager?.tell(.alive) }
  }

  /// The first look has been taken, and what starts behind it may start.
  func announceReady() { manager?.tell(.ready(state.withLock { $0.words })) }

  /// What the service manager shows.
  private static func words(_ status: ForwarderStatus, unhealthy: String?) -> String {
    if let unhealthy { return "unhealthy: \(unhealthy)" }
    let collectors = status.collectors.filter { $0.pathMTU != nil }.map(\.report.address.description)
    return "mirroring \(status.interface) (\(status.engine)) to \(collectors.joined(separator: ", "))"
  }

  /// The end has begun: what is not there any more is not healthy. Waits for the file to go until `deadline`, in
  /// milliseconds of `MonotonicClock`.
  func end(by deadline: Int64) {
    manager?.tell(.ending)
    file?.end(by: deadline)
  }
}
