import Glibc
import Logging
import Synchronization
import System
import Transport

// Which entry of DESTINATION is sent to under `failover`.
extension CollectorDirectory {
  /// Milliseconds between probes at most.
  private static let slowestProbes: Int64 = 5_000
  /// Messages of routers that say nothing of whether the collector is there.
  private static let harmless: Set<String> = ["packet too big", "source quench"]
  /// Errors of `send` that pass by themselves.
  private static let passing: Set<CInt> = [ENOBUFS, EAGAIN, EMSGSIZE, ENOMEM, EINTR]

  /// Whether entries stand by for others.
  var isFailover: Bool { settings.destinationMode == .failover }

  /// Milliseconds between probes.
  private var probeInterval: Int64 {
    max(1_000, min(Self.slowestProbes, Int64(settings.resolveInterval) * 1_000 / 6))
  }

  /// Seconds after which names are to be looked up again, if `seconds` is what would do without failover: what is not
  /// looked at for an interval is not come back to within one.
  func lookUpDelay(_ seconds: Int64) -> Int64 {
    guard isFailover else { return seconds }
    let isFirst = state.withLock { $0.election.choice.entry } == 0
    return min(seconds, max(1, isFirst ? Int64(settings.resolveInterval) / 2 : probeInterval / 1_000))
  }

  /// Decides which entry is sent to.
  ///
  /// - Returns: whether that is another one, or other addresses of it.
  @discardableResult
  func elect() -> Bool {
    guard isFailover else { return false }
    let now = MonotonicClock.milliseconds
    let (before, after, trouble) = state.withLock { state in
      let entries = settings.destinations.map { destination in
        EntryElection.Entry(
          addresses: (state.answers[destination] ?? []).filter { state.paths[$0] != nil },
          answeredSince: state.answeredSince[destination])
      }
      let before = state.election.choice
      let after = state.election.elect(entries, now: now)
      return (before, after, before.entry.map { state.trouble(of: settings.destinations[$0], now: now) })
    }
    if let from = before.entry, let to = after.entry, from != to { announce(from, to, trouble ?? "") }
    return before != after
  }

  private func announce(_ from: Int, _ to: Int, _ trouble: String) {
    let (old, new) = (settings.destinations[from], settings.destinations[to])
    if to < from {
      logger.notice("failover: \(new) works again")
    } else {
      logger.warning("failover: \(old) \(trouble), using \(new)")
    }
  }

  /// Once a second: what became of datagrams and probes to each address, and a probe when one is due. Without REPORTS
  /// there are none, and only errors tell.
  func watchEntries(_ paths: [SocketAddress: CollectorPath], _ ledgers: [SocketAddress: CollectorLedger]) {
    guard isFailover else { return }
    let now = MonotonicClock.milliseconds
    let isDue = settings.reports != .off && state.withLock { $0.nextProbe } <= now
    for (address, path) in paths {
      var look = AddressHealth.Look(isAnswered: path.takeAnswer(), isProbed: isDue)
      if isDue, let code = path.probe(vni: settings.vni) { look.hasErrors = !Self.passing.contains(code) }
      let count = ledgers[address].map { Self.errors($0.report) } ?? 0
      state.withLock { state in
        if count > state.counted[address] ?? 0 { look.hasErrors = true }
        state.counted[address] = count
        state.election.take(look, of: address, now: now)
      }
    }
    state.withLock { state in
      state.counted = state.counted.filter { paths[$0.key] != nil }
      if isDue { state.nextProbe = now + probeInterval }
    }
  }

  /// Datagrams that did not arrive, as far as it was told.
  private static func errors(_ report: CollectorReport) -> UInt64 {
    let failed = report.failed.filter { !passing.contains($0.key) }.values
    let returned = report.icmp.filter { !harmless.contains($0.key) }.values
    return failed.reduce(0, &+) &+ returned.reduce(0, &+)
  }
}

extension CollectorDirectory.State {
  /// Look-ups in a row that have to fail: DNS may lose a question.
  private static let mostFailures = 2

  /// A name has been looked up.
  mutating func take(_ found: [SocketAddress], of destination: Destination, now: Int64) {
    answers[destination] = found
    answerTimes[destination] = now
    failures[destination] = 0
    answeredSince[destination] = answeredSince[destination] ?? now
  }

  /// A name could not be looked up.
  mutating func missed(_ destination: Destination) {
    failures[destination, default: 0] += 1
    if failures[destination, default: 0] >= Self.mostFailures { answeredSince[destination] = nil }
  }

  /// Why an entry is not sent to.
  func trouble(of destination: Destination, now: Int64) -> String {
    guard answeredSince[destination] != nil else { return "has no address" }
    let addresses = answers[destination] ?? []
    let troubles = addresses.map { paths[$0] == nil ? .errors : election.trouble(of: $0, now: now) }
    guard troubles.contains(.errors) else { return "does not answer any more" }
    let reasons = addresses.compactMap { ledgers[$0]?.report.lastError }
    return "fails" + (reasons.first.map { " (\($0))" } ?? "")
  }
}
