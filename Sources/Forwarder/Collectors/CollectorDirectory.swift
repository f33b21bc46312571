import Glibc
import Logging
import Synchronization
import System
import Transport

/// Knows the collectors: looks their names up, opens the paths to them, and makes these anew when the network changes.
final class CollectorDirectory: Sendable {
  struct State {
    /// Last good answer for each destination.
    var answers: [Destination: [SocketAddress]] = [:]
    /// When that was, in milliseconds of `MonotonicClock`.
    var answerTimes: [Destination: Int64] = [:]
    /// Since when there has been an answer; none where the last two look-ups failed.
    var answeredSince: [Destination: Int64] = [:]
    /// Look-ups in a row that failed.
    var failures: [Destination: Int] = [:]
    /// Which entry is sent to under `failover`.
    var election: EntryElection
    /// What was counted for each address at the last look of the election.
    var counted: [SocketAddress: UInt64] = [:]
    /// When probes are due, in milliseconds of `MonotonicClock`.
    var nextProbe: Int64 = 0
    var paths: [SocketAddress: CollectorPath] = [:]
    /// Accounts of the addresses that were sent to, also of those that are none any more.
    var ledgers: [SocketAddress: CollectorLedger] = [:]
    /// Reserved once, for good.
    var ports: SourcePorts?
    /// SO_MARK of what is sent; nil where it cannot be had.
    var mark: UInt32?
    /// What was last said about each subject, to say it once.
    var troubles: [String: String] = [:]
    var isClampAnnounced = false
  }

  /// Accounts that are kept.
  private static let maximumLedgers = 64

  typealias Resolve = PlacedResolver.Resolve

  let settings: Settings
  let logger: Logger
  let state: Mutex<State>
  private let resolve: Resolve

  /// A directory that knows nothing yet, and asks `resolve` for addresses.
  init(_ settings: Settings, logger: Logger, resolve: @escaping Resolve = Resolver.addresses) {
    self.settings = settings
    self.logger = logger
    self.resolve = resolve
    state = Mutex(State(election: EntryElection(interval: settings.resolveInterval)))
  }

  /// The collectors as far as they are known and reachable; under `failover` those of the entry that is sent to.
  var collectors: CollectorSet {
    let (paths, elected) = state.withLock { ($0.paths, $0.election.choice.addresses) }
    let addresses = settings.destinationMode == .failover ? elected.sorted() : paths.keys.sorted()
    return CollectorSet(addresses.compactMap { paths[$0] }, mode: settings.destinationMode)
  }

  /// All addresses that there is a path to, also those that stand by.
  var reachable: [SocketAddress] { state.withLock { $0.paths }.keys.sorted() }

  /// What has become of the datagrams to each collector since start.
  var reports: [CollectorReport] {
    let ledgers = state.withLock { $0.ledgers }
    return ledgers.keys.sorted().compactMap { ledgers[$0]?.report }
  }

  /// UDP source ports that all datagrams leave from, as runs; none as long as none could be reserved.
  var sourcePorts: [ClosedRange<UInt16>] { state.withLock { $0.ports }?.ranges ?? [] }

  /// Looks every destination up and opens paths to new addresses. A destination that does not answer keeps its last
  /// addresses. Blocks.
  ///
  /// - Returns: whether all is well: every destination has an address with a path to it.
  func refresh() -> Bool {
    var isComplete = true
    for destination in settings.destinations {
      do throws(Resolver.Failure) {
        let found = try resolve(destination)
        clearTrouble("name \(destination)")
        state.withLock { $0.take(found, of: destination, now: MonotonicClock.milliseconds) }
      } catch {
        isComplete = false
        state.withLock { $0.missed(destination) }
        let known = state.withLock { $0.answers[destination] } ?? []
        // Under failover frames may go elsewhere.
        let still = isFailover ? ", still known as " : ", still sending to "
        let use = known.isEmpty ? "" : still + known.map(\.description).joined(separator: ", ")
        let what = known.isEmpty ? "has no address" : "was not looked up"
        trouble("name \(destination)", "DESTINATION \(error.host) \(what): \(error.reason)\(use); trying again")
      }
    }
    isComplete = openAll() && isComplete
    elect()
    return isComplete
  }

  /// Opens paths to all known addresses that have none, and lets go of those to others.
  ///
  /// - Returns: whether every address has one.
  func openAll() -> Bool {
    let wanted = state.withLock { Set($0.answers.values.joined()) }
    if wanted.count > CollectorSet.maximumCount {
      trouble("count", "DESTINATION has \(wanted.count) addresses; the first \(CollectorSet.maximumCount) are used")
    }
    var isComplete = true
    for address in wanted.sorted().prefix(CollectorSet.maximumCount) where !open(address) { isComplete = false }
    state.withLock { state in state.paths = state.paths.filter { wanted.contains($0.key) } }
    announceClamp()
    return isComplete
  }

  /// Reserves the source ports, once. Every datagram leaves from them for as long as the program runs.
  func reservePorts() -> SourcePorts? {
    if let ports = state.withLock({ $0.ports }) { return ports }
    do throws(SystemError) {
      let ports = try SourcePorts(count: settings.sourcePorts)
      state.withLock { $0.ports = ports }
      clearTrouble("ports")
      if !ports.isUsual {
        let list = ports.ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        logger.warning(
          """
          no \(settings.sourcePorts) consecutive UDP ports are free in 49152-65535; sending from \
          \(list.joined(separator: ", "))
          """)
      }
      return ports
    } catch {
      trouble("ports", "no UDP source port is free, so nothing is sent: \(error); trying again")
      return nil
    }
  }

  private func open(_ address: SocketAddress) -> Bool {
    if state.withLock({ $0.paths[address] != nil }) { return true }
    guard let ports = reservePorts() else { return false }
    do throws(SystemError) {
      let path = try make(address, ports)
      state.withLock { $0.paths[address] = path }
      clearTrouble("path \(address)")
      return true
    } catch {
      trouble("path \(address)", "no way to \(address): \(error); trying again")
      return false
    }
  }

  /// A path with fresh sockets, on the account that the address has.
  func make(_ address: SocketAddress, _ ports: SourcePorts) throws(SystemError) -> CollectorPath {
    let (mark, ledger) = state.withLock { state in
      let ledger = state.ledgers[address] ?? CollectorLedger(address: address)
      state.ledgers[address] = ledger
      if state.ledgers.count > Self.maximumLedgers,
        let gone = state.ledgers.keys.first(where: { $0 != address && state.paths[$0] == nil })
      {
        state.ledgers[gone] = nil
      }
      return (state.mark, ledger)
    }
    return try CollectorPath(to: address, from: ports, mark: mark, ledger: ledger)
  }

  /// One warning that MTU is more than a route carries.
  func announceClamp() {
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

  func trouble(_ subject: String, _ message: String) {
    let isNew = state.withLock { state in
      defer { state.troubles[subject] = message }
      return state.troubles[subject] != message
    }
    if isNew { logger.warning("\(message)") }
  }

  func clearTrouble(_ subject: String) {
    state.withLock { _ = $0.troubles.removeValue(forKey: subject) }
  }
}
