import Capture
import Glibc
import Synchronization
import System
import Transport

/// Where frames go, and what the capture must leave out for it: the resolver's thread.
extension ForwarderService {
  /// Milliseconds after which the network is looked at although the kernel reported no change: path MTUs expire, and
  /// reports get lost.
  private static let slowLook: Int64 = 10_000
  /// Without the kernel's reports.
  private static let fastLook: Int64 = 1_000
  /// Milliseconds between looks that the kernel or other processes ask for, so that no flood of these costs more than a
  /// little.
  private static let leastBetweenLooks: Int64 = 50
  /// Milliseconds that other forwarders have to leave out what this one is going to send.
  private static let answerTime: Int64 = 300

  /// Looks names up, watches the network, and moves the workers to the collectors of the moment, until the end.
  func resolve(skipFirst: Bool) {
    // A sandbox may have no netlink: then the network is looked at every second.
    let monitor = try? NetlinkMonitor()
    if !skipFirst { refreshCollectors() }
    while !isStopping {
      let (refresh, look) = state.withLock { ($0.nextRefresh, $0.nextLook) }
      let now = MonotonicClock.milliseconds
      if refresh <= now {
        refreshCollectors()
      } else if look <= now {
        self.look(nextIn: monitor == nil ? Self.fastLook : Self.slowLook)
      } else if wait(milliseconds: min(refresh, look) - now, monitor) {
        self.look(nextIn: Self.slowLook)
      }
    }
  }

  /// Waits until this thread is wanted, the kernel reports a change of the network, another forwarder asks, or time is
  /// up.
  ///
  /// - Returns: whether there is something to look at.
  private func wait(milliseconds: Int64, _ monitor: NetlinkMonitor?) -> Bool {
    // Anybody may ask as often as he likes, and routes may change all the time.
    let pause = state.withLock { $0.lastLook } + Self.leastBetweenLooks - MonotonicClock.milliseconds
    let descriptors = pause > 0 ? [] : [monitor?.descriptor ?? -1] + loopGuard.descriptors
    var entries = ([resolverWake.descriptor] + descriptors).map(pollfd.readable)
    let limit = pause > 0 ? min(milliseconds, pause) : milliseconds
    Polling.wait(&entries, milliseconds: Int32(clamping: max(0, limit)))
    resolverWake.clear()
    guard entries.count > 1 else { return false }
    let hasChanged = entries[1].revents != 0 && monitor?.drain().isEmpty == false
    return hasChanged || entries[2...].contains { $0.revents != 0 }
  }

  /// Looks the names up and uses what they say.
  func refreshCollectors() {
    let isComplete = directory.refresh()
    state.withLock { state in
      let seconds = directory.lookUpDelay(state.delay.seconds(isComplete: isComplete))
      state.nextRefresh = MonotonicClock.milliseconds + seconds * 1_000
    }
    look(nextIn: Self.slowLook)
  }

  /// Sees to the paths to the collectors as the network is now, and says when to look again.
  private func look(nextIn milliseconds: Int64) {
    directory.revalidate()
    state.withLock { $0.nextLook = MonotonicClock.milliseconds + milliseconds }
    useCollectors(directory.collectors)
  }

  /// Sees at once to a choice that has changed.
  func followElection() {
    guard directory.elect() else { return }
    state.withLock { $0.nextLook = 0 }
    resolverWake.signal()
  }

  /// Moves the workers to other collectors. Nothing is sent before every worker's filter keeps out what will be sent:
  /// if that cannot be had, the old ones are kept, and it is tried again in a second.
  private func useCollectors(_ collectors: CollectorSet) {
    let own = directory.sourcePorts
    state.withLock { $0.lastLook = MonotonicClock.milliseconds }
    loopGuard.announce(own)
    let others = loopGuard.look().filter { !own.contains($0) }
    let plan = settings.plan(collectors: directory.reachable, sourcePorts: own + others)
    for worker in workers { worker.prepare(plan: plan) }
    guard waitForFilters() else {
      state.withLock { $0.nextLook = MonotonicClock.milliseconds + Self.fastLook }
      return
    }
    loopGuard.answer()
    loopGuard.awaitAnswers(milliseconds: Self.answerTime, unless: ending)
    let before = state.withLock { $0.current }
    guard !isSame(before, collectors) else { return }
    state.withLock { $0.current = collectors }
    collectorsChanged.signal()
    for worker in workers { worker.send(to: collectors) }
    let (old, new) = (before.paths.map(\.address), collectors.paths.map(\.address))
    if old != new { announceMove(from: old, to: new) }
  }

  /// The very same paths: those that were made anew count as others.
  private func isSame(_ one: CollectorSet, _ other: CollectorSet) -> Bool {
    one.paths.map(ObjectIdentifier.init) == other.paths.map(ObjectIdentifier.init)
  }

  /// Waits until every worker's filter is in force, at most a second.
  private func waitForFilters() -> Bool {
    settled.wait(TimeLimit(milliseconds: 1_000), unless: [ending.descriptor]) { workers.allSatisfy(\.isSettled) }
  }

  /// Waits until a collector is known, or one of the two ends has come.
  func waitForCollectors(milliseconds: Int64, unless end: CInt) {
    collectorsChanged.wait(TimeLimit(milliseconds: milliseconds), unless: [ending.descriptor, end]) {
      state.withLock { !$0.current.paths.isEmpty }
    }
  }
}
