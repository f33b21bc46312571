import Logging
import Synchronization
import System
import Transport

/// Knows the collectors: looks their names up, opens the ways to them, and watches the MTU of these.
final class CollectorDirectory: Sendable {
  private struct State {
    /// Last good answer for each destination.
    var answers: [Destination: [SocketAddress]] = [:]
    var paths: [SocketAddress: CollectorPath] = [:]
    /// What was last said about each destination or address, to say it once.
    var troubles: [String: String] = [:]
    var isClampAnnounced = false
  }

  private let settings: Settings
  private let logger: Logger
  private let state = Mutex(State())

  init(_ settings: Settings, logger: Logger) {
    self.settings = settings
    self.logger = logger
  }

  /// The collectors as far as they are known and reachable.
  var collectors: CollectorSet {
    let paths = state.withLock { $0.paths }
    return CollectorSet(paths.keys.sorted().compactMap { paths[$0] }, mode: settings.destinationMode)
  }

  /// Looks every destination up and opens ways to new addresses. A destination that does not answer keeps its last
  /// addresses. Blocks.
  ///
  /// - Returns: whether all is well: every destination has an address with a way to it.
  func refresh() -> Bool {
    var isComplete = true
    for destination in settings.destinations {
      do throws(Resolver.Failure) {
        let found = try Resolver.addresses(of: destination)
        clearTrouble("\(destination)")
        state.withLock { $0.answers[destination] = found }
      } catch {
        isComplete = false
        trouble("\(destination)", "DESTINATION \(error.host) has no address: \(error.reason); trying again")
      }
    }
    let wanted = state.withLock { Set($0.answers.values.joined()) }
    if wanted.count > CollectorSet.maximumCount {
      trouble("count", "DESTINATION has \(wanted.count) addresses; the first \(CollectorSet.maximumCount) are used")
    }
    for address in wanted.sorted().prefix(CollectorSet.maximumCount) where !open(address) { isComplete = false }
    state.withLock { state in state.paths = state.paths.filter { wanted.contains($0.key) } }
    announceClamp()
    return isComplete
  }

  /// Looks whether routes carry more or less than they did; logs each change.
  func watchRoutes() {
    for (address, path) in state.withLock({ $0.paths }) {
      guard let change = path.refreshMTU() else { continue }
      logger.warning("the route to \(address) now carries \(change.now) bytes, before \(change.before)")
    }
    announceClamp()
  }

  private func open(_ address: SocketAddress) -> Bool {
    if state.withLock({ $0.paths[address] != nil }) { return true }
    do throws(SystemError) {
      let path = try CollectorPath(to: address, laneCount: settings.sourcePorts)
      state.withLock { $0.paths[address] = path }
      clearTrouble("\(address)")
      return true
    } catch {
      trouble("\(address)", "no way to \(address): \(error); trying again")
      return false
    }
  }

  /// One warning that MTU is more than a route carries.
  private func announceClamp() {
    guard let mtu = settings.mtu else { return }
    let narrow = state.withLock { state -> CollectorPath? in
      let found = state.paths.values.first { $0.routeMTU < mtu }
      defer { state.isClampAnnounced = state.isClampAnnounced || found != nil }
      return state.isClampAnnounced ? nil : found
    }
    guard let narrow else { return }
    logger.warning(
      "MTU=\(mtu) is more than the route to \(narrow.address) carries; outer packets have at most \(narrow.routeMTU) bytes"
    )
  }

  private func trouble(_ subject: String, _ message: String) {
    let isNew = state.withLock { state in
      defer { state.troubles[subject] = message }
      return state.troubles[subject] != message
    }
    if isNew { logger.warning("\(message)") }
  }

  private func clearTrouble(_ subject: String) {
    state.withLock { _ = $0.troubles.removeValue(forKey: subject) }
  }
}
