import Logging
import Synchronization
import System

/// Keeps HEALTH_FILE on a thread of its own, since a file system may block for as long as it likes: neither capture nor
/// statistics nor the end wait for it.
final class HealthFileKeeper: Sendable {
  private struct State {
    var isWanted = false
    var hasEnded = false
    /// When the thread turned to the file system, in milliseconds of `MonotonicClock`; nil: it waits for orders.
    var busySince: Int64?
    /// Whether it was said that the file system does not answer.
    var isSilenceSaid = false
  }

  /// The file is looked for after so many milliseconds, also where nothing has changed.
  private static let period: CInt = 1_000
  /// Milliseconds after which a file system that does not answer is said to.
  private static let patience: Int64 = 5_000

  private let file: FlagFile
  private let logger: Logger
  private let state = Mutex(State())
  private let work: EventDescriptor
  /// The file is gone after the end.
  private let gone: Event

  /// A file at `path` that is not there yet; one from an earlier run says nothing of this one, and goes at once.
  ///
  /// - Throws: `SystemError` where no more descriptors or threads may be had.
  init(path: String, logger: Logger) throws(SystemError) {
    file = FlagFile(path: path, contents: "healthy\n")
    self.logger = logger
    work = try EventDescriptor()
    gone = try Event()
  }

  /// Starts the thread.
  ///
  /// - Throws: `SystemError` where no more threads may be had.
  func start() throws(SystemError) { try BackgroundThread.run(name: "health-file") { self.run() } }

  /// Has the file be there or not, soon. Called about once a second.
  func set(exists: Bool) {
    let now = MonotonicClock.milliseconds
    let silentFor = state.withLock { state -> Int64? in
      state.isWanted = exists
      guard let since = state.busySince, now - since >= Self.patience, !state.isSilenceSaid else { return nil }
      state.isSilenceSaid = true
      return now - since
    }
    work.signal()
    if let silentFor {
      logger.warning(
        "HEALTH_FILE=\(file.path) cannot be kept: its file system does not answer for \(silentFor / 1_000) s")
    }
  }

  /// Has the file go for good, and waits for that until `deadline` (milliseconds of `MonotonicClock`).
  func end(by deadline: Int64) {
    state.withLock { $0.hasEnded = true }
    work.signal()
    gone.wait(milliseconds: TimeLimit(by: deadline).left)
  }

  private func run() {
    var failure: String?
    while true {
      work.clear()
      let (exists, hasEnded) = state.withLock { state in
        state.busySince = MonotonicClock.milliseconds
        return (state.isWanted && !state.hasEnded, state.hasEnded)
      }
      let now = attempt(exists: exists)
      let wasSilent = state.withLock { state in
        defer { state.isSilenceSaid = false }
        state.busySince = nil
        return state.isSilenceSaid
      }
      if let now, failure == nil {
        logger.warning("HEALTH_FILE=\(file.path) cannot be kept: \(now); trying again")
      } else if now == nil, failure != nil || wasSilent {
        logger.notice("HEALTH_FILE=\(file.path) is kept again")
      }
      failure = now
      if hasEnded {
        gone.set()
        return
      }
      work.wait(milliseconds: Self.period)
    }
  }

  /// - Returns: what went wrong.
  private func attempt(exists: Bool) -> String? {
    do throws(SystemError) {
      try file.set(exists: exists)
      return nil
    } catch {
      return error.description
    }
  }
}
