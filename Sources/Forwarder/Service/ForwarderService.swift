public import Capture
import Glibc
package import Logging
import Mirror
import Synchronization
package import System
package import Telemetry
import Transport

/// The running forwarder: workers, collectors and statistics.
public final class ForwarderService: Sendable {
  struct State {
    var current = CollectorSet([], mode: .balance)
    var words = ServiceWords()
    var nextRefresh: Int64 = 0
    var nextLook: Int64 = 0
    var lastLook: Int64 = 0
    var delay: RetryDelay
    /// Length of the filter that this plan makes.
    var filterLength: (plan: CapturePlan, count: Int?)?
    /// Until when flows are sampled, in milliseconds of `MonotonicClock`; nil: nobody has asked.
    var flowsUntil: Int64?
    /// When every worker captured first, in milliseconds of `MonotonicClock`; nil: not yet.
    var capturingSince: Int64?
  }

  let settings: Settings
  let logger: Logger
  let directory: CollectorDirectory
  let loopGuard: LoopGuard
  /// RATE_LIMIT and CPU_LIMIT; nil: neither.
  let limiter: FlowLimiter?
  let workers: [Worker]
  /// Tells on which ports this host listens; nil where nobody wants to know, or the system does not say.
  let listeners: TCPListeners?
  let statistics: StatisticsClock
  let health: HealthMonitor
  let board: InterfaceBoard
  let lostLines: @Sendable () -> ForwarderStatus.LostLines
  /// Finds out what task this is; nil where there is none to ask.
  let task: TaskMetadataWatch?
  let state: Mutex<State>
  let resolverWake: EventDescriptor
  let periodicWake: EventDescriptor
  /// Signalled when a worker has shed flows.
  let limitsWake: EventDescriptor
  /// Happens when the end begins, and ends every wait.
  let ending: Event
  /// Signalled when a worker has carried something out.
  let settled: EventDescriptor
  /// Signalled when there are other collectors.
  let collectorsChanged: EventDescriptor
  /// Happens when `--for` is over or `--until-packets` is reached.
  package let completion: Event

  /// What the service is made of, for tests to put others in their place.
  struct Parts {
    var loopGuard = LoopGuard()
    var resolve: CollectorDirectory.Resolve = Resolver.addresses
    var opener: (EngineOpener) -> Worker.Opener = { $0.open }
    /// nil: those for the settings.
    var healthLimits: HealthRules.Limits?
    /// Who has started the program, if that wants to be told how it is.
    var manager: ServiceManager?
  }

  /// A forwarder that does nothing yet. `output` gets each line of statistics; `lostLines` tells how many lines were not
  /// written until now; `manager` is told how it is; `task` finds out what task this is, `placement` where it runs.
  ///
  /// - Throws: `SystemError` where the process may open no more descriptors.
  package convenience init(
    _ settings: Settings, logger: Logger, manager: ServiceManager? = nil,
    lostLines: @escaping @Sendable () -> ForwarderStatus.LostLines = { ForwarderStatus.LostLines() },
    task: TaskMetadataWatch? = nil, placement: PlacementFinder = PlacementFinder(nil),
    output: @escaping @Sendable (String) -> Void
  ) throws(SystemError) {
    try self.init(
      settings, logger: logger, parts: Parts(manager: manager), lostLines: lostLines, task: task, placement: placement,
      output: output)
  }

  init(
    _ settings: Settings, logger: Logger, parts: Parts,
    lostLines: @escaping @Sendable () -> ForwarderStatus.LostLines = { ForwarderStatus.LostLines() },
    task: TaskMetadataWatch? = nil, placement: PlacementFinder = PlacementFinder(nil),
    output: @escaping @Sendable (String) -> Void
  ) throws(SystemError) {
    resolverWake = try EventDescriptor()
    periodicWake = try EventDescriptor()
    limitsWake = try EventDescriptor()
    ending = try Event()
    settled = try EventDescriptor()
    collectorsChanged = try EventDescriptor()
    let completion = try Event()
    self.completion = completion
    self.settings = settings
    self.logger = logger
    state = Mutex(State(delay: RetryDelay(interval: settings.resolveInterval)))
    let resolver = PlacedResolver(placement, resolve: parts.resolve)
    directory = CollectorDirectory(settings, logger: logger, resolve: resolver.addresses)
    loopGuard = parts.loopGuard
    listeners = settings.side == .all ? nil : try? TCPListeners()
    let limiter = Self.limiter(settings, wake: limitsWake)
    self.limiter = limiter
    self.lostLines = lostLines
    self.task = task
    let limits = parts.healthLimits ?? HealthRules.Limits(statDuration: settings.statDuration)
    health = try HealthMonitor(
      healthFile: settings.healthFile, limits: limits, manager: parts.manager, logger: logger)
    board = InterfaceBoard()
    workers = try Self.workers(
      settings, limiter, Self.quota(settings, completion), logger: logger, opener: parts.opener, settled: settled,
      board: board)
    statistics = StatisticsClock(settings, output: output)
  }

  private static func limiter(_ settings: Settings, wake: EventDescriptor) -> FlowLimiter? {
    guard settings.rateLimit != nil || settings.cpuLimit != nil else { return nil }
    return FlowLimiter(rate: settings.rateLimit, cores: settings.cpuLimit, now: MonotonicClock.nanoseconds) {
      wake.signal()
    }
  }

  private static func workers(
    _ settings: Settings, _ limiter: FlowLimiter?, _ quota: PacketQuota?, logger: Logger,
    opener: (EngineOpener) -> Worker.Opener, settled: EventDescriptor, board: InterfaceBoard
  ) throws(SystemError) -> [Worker] {
    let (asked, count) = (settings.askedWorkers, settings.workerCount)
    if count < asked { logger.warning("WORKERS=\(asked): libpcap captures with one worker; CAPTURE=ring shares") }
    let group = count > 1 ? FanoutGroup() : nil
    var policy = Policy(
      vni: settings.vni, oversize: settings.oversize, segment: settings.segment, checksum: settings.checksum,
      mtu: settings.mtu, reports: settings.reports)
    policy.flows = settings.flowRules(workers: count)
    var workers: [Worker] = []
    for index in 0..<count {
      let engine = EngineOpener(
        capture: settings.capture, fanoutGroup: group, isSpeaker: index == 0, logger: logger, board: board)
      workers.append(
        try Worker(
          index: index, plan: settings.plan(collectors: []), collectors: CollectorSet([], mode: .balance),
          policy: policy, sample: settings.sample, limiter: limiter, quota: quota, logger: logger, settled: settled,
          open: opener(engine)))
    }
    return workers
  }

  /// Opens everything and starts the threads. Signals must be blocked before.
  ///
  /// - Parameter end: a descriptor that is readable once the program is to end before it has begun: nothing is waited
  ///   for then. Negative: none.
  /// - Throws: `CaptureError` for what cannot work: no permission, a filter that does not compile, a link type that
  ///   cannot be sent, no threads.
  public func start(endingWith end: CInt = -1) throws(CaptureError) {
    try settings.plan(collectors: []).validateFilter()
    do throws(SystemError) { try health.begin() } catch { throw .failed(error) }
    findTask()
    directory.chooseMark()
    // Before the first filter is made, so that there is none without them.
    _ = directory.reservePorts()
    // A name that takes long must not hold up the start: its answer then comes from the resolver's thread.
    let isKnown = settings.destinations.allSatisfy { $0.numericAddress != nil }
    if isKnown { refreshCollectors() }
    try runThread("resolver") { $0.resolve(skipFirst: isKnown) }
    if !isKnown { waitForCollectors(milliseconds: 1_000, unless: end) }
    identifyHost()
    for worker in workers { try worker.start() }
    if let limiter { try runThread("limits") { $0.keepLimits(limiter) } }
    loopGuard.report(to: logger)
    // Whoever reads that it captures may ask at once.
    health.look(snapshot)
    serveStatus()
    announceStart()
    try runThread("statistics") { $0.runPeriodicTasks() }
    health.announceReady()
  }

  /// Looks the collectors' names up now.
  public func reload() {
    state.withLock { $0.nextRefresh = 0 }
    resolverWake.signal()
  }

  private func runThread(
    _ name: String, _ body: @escaping @Sendable (ForwarderService) -> Void
  ) throws(CaptureError) {
    do throws(SystemError) {
      try BackgroundThread.run(name: name) { body(self) }
    } catch {
      throw .failed(error)
    }
  }
}
