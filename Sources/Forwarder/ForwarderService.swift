public import Capture
import Glibc
public import Logging
public import Mirror
import Synchronization
public import System
import Transport

/// The running forwarder: workers, collectors and statistics.
public final class ForwarderService: Sendable {
  private struct State {
    var current: [SocketAddress] = []
    var isAnnounced = false
    var isStopping = false
    var nextRefresh: Int64 = 0
    var nextLook: Int64 = 0
    var delay: RetryDelay
  }

  private let settings: Settings
  private let logger: Logger
  private let directory: CollectorDirectory
  private let siblings: Siblings
  private let workers: [Worker]
  private let statistics: StatisticsClock
  private let state: Mutex<State>
  private let resolverWake: EventDescriptor
  private let housekeeperWake: EventDescriptor

  /// A forwarder that does nothing yet. `output` gets each line of statistics.
  ///
  /// - Throws: `SystemError` where the process may open no more descriptors.
  public init(
    _ settings: Settings, logger: Logger, output: @escaping @Sendable (String) -> Void
  ) throws(SystemError) {
    resolverWake = try EventDescriptor()
    housekeeperWake = try EventDescriptor()
    self.settings = settings
    self.logger = logger
    state = Mutex(State(delay: RetryDelay(interval: settings.resolveInterval)))
    directory = CollectorDirectory(settings, logger: logger)
    siblings = Siblings()
    let asked = settings.workers > 0 ? settings.workers : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    // libpcap's handles cannot share an interface: each would see every frame.
    let count = settings.capture == .libpcap ? 1 : asked
    if count < asked { logger.warning("WORKERS=\(asked): libpcap captures with one worker; CAPTURE=ring shares") }
    let group = count > 1 ? FanoutGroup() : nil
    let policy = Policy(
      vni: settings.vni, oversize: settings.oversize, segment: settings.segment, checksum: settings.checksum,
      mtu: settings.mtu)
    var workers: [Worker] = []
    for index in 0..<count {
      workers.append(
        try Worker(
          index: index, plan: settings.plan(collectors: []), collectors: CollectorSet([], mode: .balance),
          policy: policy, sample: settings.sample,
          capture: settings.capture, fanoutGroup: group, logger: logger))
    }
    self.workers = workers
    statistics = StatisticsClock(settings, output: output)
  }

  /// Opens everything and starts the threads. Signals must be blocked before.
  ///
  /// - Throws: `CaptureError` for what cannot work: no permission, a filter that does not compile, a link type that
  ///   cannot be sent.
  public func start() throws(CaptureError) {
    try settings.plan(collectors: []).validateFilter()
    // A name that takes long must not hold up the start: its answer then comes from the resolver's thread.
    let isKnown = settings.destinations.allSatisfy { SocketAddress(numeric: $0.host, port: $0.port) != nil }
    if isKnown { refreshCollectors() }
    try runThread("resolver") { $0.resolve(skipFirst: isKnown) }
    if !isKnown { waitForCollectors(milliseconds: 1_000) }
    for worker in workers { try worker.start() }
    siblings.report(to: logger)
    announce()
    try runThread("statistics") { $0.keepHouse() }
  }

  /// Looks the collectors' names up now.
  public func reload() {
    state.withLock { $0.nextRefresh = 0 }
    resolverWake.signal()
  }

  /// Ends the capture, sends what was captured, and prints the last statistics; takes at most two seconds.
  public func stop() {
    state.withLock { $0.isStopping = true }
    resolverWake.signal()
    housekeeperWake.signal()
    for worker in workers { worker.stop() }
    let end = MonotonicClock.milliseconds + 1_500
    while MonotonicClock.milliseconds < end, !workers.allSatisfy(\.status.hasEnded) { usleep(1_000) }
    let total = snapshot
    statistics.finish(total)
    logger.debug(
      "\(total.counters.send.sendCalls) sends, \(total.counters.send.refusedReports) repeated after an ICMP error")
  }

  /// Frames captured so far, by all workers.
  public var counters: Counters { workers.reduce(Counters()) { $0 + $1.counters } }

  private var snapshot: StatisticsClock.Snapshot {
    let engine = workers.map(\.status.engine).first { !$0.isEmpty } ?? settings.capture.rawValue
    return StatisticsClock.Snapshot(
      counters: counters, engine: engine, mtu: directory.collectors.outerMTU(mtu: settings.mtu))
  }

  private var isStopping: Bool { state.withLock { $0.isStopping } }

  private func runThread(
    _ name: String, _ body: @escaping @Sendable (ForwarderService) -> Void
  ) throws(CaptureError) {
    do throws(SystemError) {
      try BackgroundThread.run(name: name) { body(self) }
    } catch {
      throw .failed(error)
    }
  }

  // MARK: - Resolver thread

  private func resolve(skipFirst: Bool) {
    if !skipFirst { refreshCollectors() }
    while !isStopping {
      let (refresh, look) = state.withLock { ($0.nextRefresh, $0.nextLook) }
      let now = MonotonicClock.milliseconds
      if refresh <= now {
        refreshCollectors()
      } else if look <= now {
        useCollectors(directory.collectors)
      } else {
        _ = resolverWake.wait(milliseconds: Int32(clamping: min(refresh, look) - now))
        resolverWake.clear()
      }
    }
  }

  private func refreshCollectors() {
    let isComplete = directory.refresh()
    state.withLock { state in
      state.nextRefresh = MonotonicClock.milliseconds + state.delay.seconds(isComplete: isComplete) * 1_000
    }
    useCollectors(directory.collectors)
  }

  /// Moves the workers to other collectors. Every worker's filter keeps the new addresses out before any worker sends
  /// to them, and those that other forwarders send to.
  private func useCollectors(_ collectors: CollectorSet) {
    let addresses = collectors.paths.map(\.address)
    siblings.announce(addresses)
    let excluded = addresses + siblings.look().filter { !addresses.contains($0) }
    let before = state.withLock { state -> [SocketAddress] in
      defer {
        state.current = addresses
        state.nextLook = MonotonicClock.milliseconds + Siblings.interval
      }
      return state.current
    }
    // Frames to the addresses until now may still be on their way out; the next look lets go of them.
    let plan = settings.plan(collectors: excluded + before.filter { !excluded.contains($0) })
    for worker in workers { worker.prepare(plan: plan) }
    guard before != addresses else { return }
    let end = MonotonicClock.milliseconds + 1_000
    while MonotonicClock.milliseconds < end, !isStopping, !workers.allSatisfy(\.isSettled) { usleep(1_000) }
    for worker in workers { worker.send(to: collectors) }
    if !before.isEmpty {
      logger.notice("sending to \(addresses.map(\.description).joined(separator: ", "))")
    }
    announce()
  }

  private func waitForCollectors(milliseconds: Int64) {
    let end = MonotonicClock.milliseconds + milliseconds
    while MonotonicClock.milliseconds < end, state.withLock({ $0.current.isEmpty }) { usleep(1_000) }
  }

  /// One line when frames first can flow.
  private func announce() {
    let addresses = state.withLock { $0.current }
    guard !addresses.isEmpty, workers.allSatisfy(\.status.isCapturing) else { return }
    let isFirst = state.withLock { state in
      defer { state.isAnnounced = true }
      return !state.isAnnounced
    }
    guard isFirst else { return }
    let now = snapshot
    logger.info(
      """
      capturing on \(settings.interfaceNames) (\(now.engine)), sending to \
      \(addresses.map(\.description).joined(separator: ", ")), VNI \(settings.vni), MTU \(now.mtu ?? 0)
      """)
  }

  // MARK: - Statistics thread

  private func keepHouse() {
    while !isStopping {
      _ = housekeeperWake.wait(milliseconds: Int32(clamping: statistics.millisecondsToNext(atMost: 1_000)))
      if isStopping { return }
      directory.watchRoutes()
      siblings.report(to: logger)
      announce()
      if statistics.isDue { statistics.tick(snapshot) }
    }
  }
}
