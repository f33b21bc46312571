import Capture
import Glibc
import Logging
import Mirror
import Synchronization
import System
import Telemetry
import Transport
import Wire

/// One capture thread: opens the engine, hands its frames to the pipeline, and opens it again when it is gone.
final class Worker: Sendable {
  /// What the other threads ask of a worker.
  struct Orders {
    var plan: CapturePlan
    var collectors: CollectorSet
    /// Counts the changes.
    var generation = 0
    /// The last change that the worker has carried out.
    var settled = 0
    /// By when to have ended, in milliseconds of `MonotonicClock`; nil: go on.
    var deadline: Int64?
  }

  /// What a worker is doing, for others to see.
  struct State: Sendable {
    /// Whether frames are being captured.
    var isCapturing = false
    /// Name of the engine in use.
    var engine = ""
    /// How full the engine's rings are; nil where it has none.
    var rings: RingUse.Pair?
    /// Whether the thread has ended.
    var hasEnded = false
    /// Why nothing is captured; nil while something is.
    var captureFailure: String?
    /// Why no filter is in force; nil while one is.
    var filterFailure: String?
  }

  /// Opens an engine whose frames go to the consumer.
  typealias Opener =
    @Sendable (CapturePlan, any FrameConsumer, NetlinkMonitor?) throws(CaptureError) -> any CaptureEngine

  /// The pipeline is touched by the capture thread only, but for its lock-protected snapshot.
  private final class PipelineBox: @unchecked Sendable {
    let pipeline: Pipeline
    init(_ pipeline: Pipeline) { self.pipeline = pipeline }
  }

  let orders: Mutex<Orders>
  let state = Mutex(State())
  let wakeUp: EventDescriptor
  /// Happens when the thread has ended.
  let ended: Event
  /// Signalled whenever `isSettled` may have become true.
  private let settled: EventDescriptor
  let open: Opener
  /// nil where the system has no netlink.
  let monitor: NetlinkMonitor?
  let logger: Logger
  private let pipelineBox: PipelineBox
  /// When the turn of the loop began that the thread is in, in milliseconds of `MonotonicClock`.
  private let turn = Atomic(MonotonicClock.milliseconds)
  private let index: Int

  /// A worker that does nothing yet; `index` is 0 for the first, which speaks for all. `settled` is signalled whenever
  /// `isSettled` may have become true.
  init(
    index: Int, plan: CapturePlan, collectors: CollectorSet, policy: Policy, sample: Int, limiter: FlowLimiter? = nil,
    quota: PacketQuota? = nil, logger: Logger,
    settled: EventDescriptor? = nil, open: @escaping Opener
  ) throws(SystemError) {
    wakeUp = try EventDescriptor()
    ended = try Event()
    if let settled { self.settled = settled } else { self.settled = try EventDescriptor() }
    // Opened now, so that it is there when there are no more descriptors.
    monitor = try? NetlinkMonitor(.links)
    self.index = index
    orders = Mutex(Orders(plan: plan, collectors: collectors))
    pipelineBox = PipelineBox(
      Pipeline(
        policy: policy, sample: sample, limiter: limiter, quota: quota, bufferByteCount: plan.bufferByteCount))
    self.open = open
    self.logger = logger
    try pipeline.followFlows()
  }

  /// The counters of the last batch.
  var counters: Counters { pipeline.snapshot }

  /// Loops found since the last call.
  func takeLoops() -> [LoopEvent] { pipeline.takeLoops() }

  /// What the worker is doing.
  var status: State { state.withLock { $0 } }

  /// The capture that it was asked for last.
  var plan: CapturePlan { orders.withLock { $0.plan } }

  /// The thread begins a turn of its loop.
  func beginTurn() { turn.store(MonotonicClock.milliseconds, ordering: .relaxed) }

  /// For whoever asks for the forwarder's state.
  var report: ForwarderStatus.Worker {
    let now = status
    var report = ForwarderStatus.Worker(
      index: index, isCapturing: now.isCapturing, hasEnded: now.hasEnded,
      turnAge: max(0, MonotonicClock.milliseconds - turn.load(ordering: .relaxed)))
    report.captureFailure = now.captureFailure
    report.filterFailure = now.filterFailure
    report.rings = now.rings
    return report
  }

  var pipeline: Pipeline { pipelineBox.pipeline }

  /// Whether this worker speaks of the interfaces, and counts the time in which they could not be seen, for all.
  var isSpeaker: Bool { index == 0 }

  /// Captures by this plan from the next batch on, with the share of the flows that is in force.
  func prepare(plan: CapturePlan) {
    change { orders in
      let share = orders.plan.share
      orders.plan = plan
      orders.plan.share = share
    }
  }

  /// Captures this share of the flows from the next batch on.
  func prepare(share: FlowShare) { change { $0.plan.share = share } }

  /// Sends to these collectors from the next batch on.
  func send(to collectors: CollectorSet) { change { $0.collectors = collectors } }

  /// Has a report go out between two batches.
  func report(_ report: ReportFrame) {
    pipeline.offer(report)
    wakeUp.signal()
  }

  /// Whether every change asked for has been carried out, or no frame is being captured.
  var isSettled: Bool {
    orders.withLock { $0.settled == $0.generation } || !status.isCapturing
  }

  /// The changes up to this one have been carried out.
  func settle(_ generation: Int) {
    orders.withLock { $0.settled = generation }
    settled.signal()
  }

  /// Whether frames are being captured from now on.
  func note(isCapturing: Bool) {
    state.withLock { $0.isCapturing = isCapturing }
    settled.signal()
  }

  /// The rings are so full.
  func note(_ rings: RingUse.Pair?) { state.withLock { $0.rings = rings } }
  /// Why nothing is captured, or no filter is in force.
  func note(captureFailure reason: String?) { state.withLock { $0.captureFailure = reason } }
  func note(filterFailure reason: String?) { state.withLock { $0.filterFailure = reason } }

  /// The thread ends.
  func end() {
    note(isCapturing: false)
    state.withLock { $0.hasEnded = true }
    ended.set()
  }

  private func change(_ body: (inout Orders) -> Void) {
    orders.withLock {
      body(&$0)
      $0.generation += 1
    }
    wakeUp.signal()
  }

  /// Sends what was captured, until `deadline` (milliseconds of `MonotonicClock`; a second from now unless said
  /// otherwise), counts the rest as dropped, and ends the thread.
  func stop(by deadline: Int64 = MonotonicClock.milliseconds + 1_000) {
    orders.withLock { $0.deadline = deadline }
    wakeUp.signal()
  }

  /// Opens the capture on the calling thread, so that what cannot work fails at once, then starts the thread.
  ///
  /// - Throws: `CaptureError`, except for an interface that is down: that is waited for.
  func start() throws(CaptureError) {
    let first: CaptureSession?
    do throws(CaptureError) {
      first = try openSession()
    } catch .interfaceDown(let name) {
      logger.warning("interface \(name) is down; waiting for it")
      note(captureFailure: CaptureError.interfaceDown(name: name).description)
      first = nil
    }
    beginTurn()
    do throws(SystemError) {
      try BackgroundThread.run(name: "capture-\(index)") {
        var loop = CaptureLoop(self)
        loop.run(first)
      }
    } catch {
      throw .failed(error)
    }
  }

  /// Opens an engine by the plan as it is now.
  func openSession() throws(CaptureError) -> CaptureSession {
    let plan = orders.withLock { $0.plan }
    let engine = try open(plan, pipeline, monitor)
    state.withLock {
      $0.isCapturing = true
      $0.captureFailure = nil
      $0.engine = engine.name
    }
    return CaptureSession(engine: engine, plan: plan, openedAt: MonotonicClock.milliseconds)
  }
}

/// An engine, and what its filter was made from.
struct CaptureSession {
  let engine: any CaptureEngine
  /// The plan whose filter is in force; nil if none is, and nothing is captured.
  var plan: CapturePlan?
  /// In milliseconds of `MonotonicClock`.
  let openedAt: Int64
}
