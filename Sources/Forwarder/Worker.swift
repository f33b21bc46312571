import Capture
import Logging
import Mirror
import Synchronization
import System
import Transport

/// One capture thread: opens the engine, hands its frames to the pipeline, and opens it again when its interface went
/// away.
final class Worker: Sendable {
  /// What the other threads ask of a worker.
  private struct Orders {
    var plan: CapturePlan
    var collectors: CollectorSet
    /// Counts the changes.
    var generation = 0
    /// The last change that the worker has carried out.
    var settled = 0
    var isStopping = false
  }

  /// Which engine to use.
  struct EngineChoice: Sendable {
    var capture: CaptureChoice
    var fanoutGroup: UInt16?
  }

  private let orders: Mutex<Orders>
  private let wakeUp: EventDescriptor
  /// Signalled when the thread has ended, and left so.
  let ended: EventDescriptor
  private let state = Mutex(State())
  private let pipelineBox: PipelineBox
  private let choice: EngineChoice
  private let logger: Logger
  private let index: Int

  /// What a worker is doing, for others to see.
  struct State: Sendable {
    /// Whether frames are being captured.
    var isCapturing = false
    /// Name of the engine in use.
    var engine = ""
    /// Whether the thread has ended.
    var hasEnded = false
  }

  init(
    index: Int, plan: CapturePlan, collectors: CollectorSet, policy: Policy, sample: Int,
    choice: EngineChoice, logger: Logger
  ) throws(SystemError) {
    wakeUp = try EventDescriptor()
    ended = try EventDescriptor()
    self.index = index
    orders = Mutex(Orders(plan: plan, collectors: collectors))
    pipelineBox = PipelineBox(Pipeline(policy: policy, sample: sample, bufferByteCount: plan.bufferByteCount))
    self.choice = choice
    self.logger = logger
  }

  /// The counters of the last batch.
  var counters: Counters { pipelineBox.pipeline.snapshot }

  /// Loops found since the last call.
  func takeLoops() -> [LoopEvent] { pipelineBox.pipeline.takeLoops() }

  /// What the worker is doing.
  var status: State { state.withLock { $0 } }

  /// Captures by this plan from the next batch on.
  func prepare(plan: CapturePlan) { change { $0.plan = plan } }

  /// Sends to these collectors from the next batch on.
  func send(to collectors: CollectorSet) { change { $0.collectors = collectors } }

  /// Whether every change asked for has been carried out, or no frame is being captured.
  var isSettled: Bool {
    orders.withLock { $0.settled == $0.generation } || !status.isCapturing
  }

  private func change(_ body: (inout Orders) -> Void) {
    orders.withLock {
      body(&$0)
      $0.generation += 1
    }
    wakeUp.signal()
  }

  /// Sends what was captured and ends the thread.
  func stop() {
    orders.withLock { $0.isStopping = true }
    wakeUp.signal()
  }

  /// Opens the capture on the calling thread, so that what cannot work fails at once, then starts the thread.
  ///
  /// - Throws: `CaptureError`, except for an interface that is down: that is waited for.
  func start() throws(CaptureError) {
    let first: OpenEngine?
    do throws(CaptureError) {
      first = try openEngine()
    } catch .interfaceDown(let name) {
      logger.warning("interface \(name) is down; waiting for it")
      first = nil
    }
    do throws(SystemError) {
      try BackgroundThread.run(name: "capture-\(index)") { self.run(first) }
    } catch {
      throw .failed(error)
    }
  }

  /// The pipeline is touched by the capture thread only, but for its lock-protected snapshot.
  private final class PipelineBox: @unchecked Sendable {
    let pipeline: Pipeline
    init(_ pipeline: Pipeline) { self.pipeline = pipeline }
  }

  /// An engine, and the plan its filter was made from.
  private struct OpenEngine {
    let engine: any CaptureEngine
    var plan: CapturePlan
  }

  private func run(_ first: OpenEngine?) {
    let pipeline = pipelineBox.pipeline
    var open = first
    var droppedBefore: UInt64 = 0
    var current = orders.withLock { $0 }
    pipeline.setCollectors(current.collectors)
    while true {
      let now = orders.withLock { $0 }
      if now.isStopping { break }
      if let engine = open?.engine, now.plan != open?.plan {
        apply(now.plan, to: engine)
        open?.plan = now.plan
      }
      if now.generation != current.generation {
        if now.collectors !== current.collectors { pipeline.setCollectors(now.collectors) }
        current = now
        orders.withLock { $0.settled = now.generation }
      }
      do throws(CaptureError) {
        if open == nil { open = try openEngine() }
        guard let engine = open?.engine else { continue }
        try engine.capture(into: pipeline, wakeDescriptor: wakeUp.descriptor, timeoutMilliseconds: 250)
        pipeline.publish(kernelDropped: droppedBefore + engine.kernelDropped)
        wakeUp.clear()
      } catch {
        if let lost = open?.engine {
          logger.warning("capture stopped: \(error); trying again every second")
          lost.finish(into: pipeline, by: MonotonicClock.milliseconds + 1_000)
          droppedBefore += lost.kernelDropped
          open = nil
        }
        state.withLock { $0.isCapturing = false }
        _ = wakeUp.wait(milliseconds: 1_000)
        wakeUp.clear()
      }
    }
    if let engine = open?.engine {
      engine.finish(into: pipeline, by: MonotonicClock.milliseconds + 1_000)
      pipeline.publish(kernelDropped: droppedBefore + engine.kernelDropped)
    }
    state.withLock {
      $0.isCapturing = false
      $0.hasEnded = true
    }
    ended.signal()
  }

  private func apply(_ plan: CapturePlan, to engine: any CaptureEngine) {
    do throws(CaptureError) {
      try engine.apply(plan)
    } catch {
      logger.error("the capture filter was not replaced: \(error)")
    }
  }

  /// Opens the engine of choice; `auto` is the ring where it opens. Several workers can share a ring's traffic only.
  private func openEngine() throws(CaptureError) -> OpenEngine {
    let plan = orders.withLock { $0.plan }
    let report: @Sendable (InterfaceEvent) -> Void = { [logger] in Self.log($0, logger) }
    let engine: any CaptureEngine
    switch choice.capture {
    case .libpcap:
      engine = try PcapEngine(plan, consumer: pipelineBox.pipeline, report: report)
    case .ring:
      engine = try ring(plan, report)
    case .auto:
      do throws(CaptureError) {
        engine = try ring(plan, report)
      } catch .failed(let operation, let reason) where choice.fanoutGroup == nil {
        logger.warning("no capture ring (\(operation): \(reason)); using libpcap")
        engine = try PcapEngine(plan, consumer: pipelineBox.pipeline, report: report)
      }
    }
    state.withLock {
      $0.isCapturing = true
      $0.engine = engine.name
    }
    return OpenEngine(engine: engine, plan: plan)
  }

  private func ring(
    _ plan: CapturePlan, _ report: @escaping @Sendable (InterfaceEvent) -> Void
  ) throws(CaptureError) -> RingEngine {
    let ring = try RingEngine(plan, fanoutGroup: choice.fanoutGroup, report: report)
    if ring.ringByteCount < plan.bufferByteCount {
      logger.warning("memory for only \(ring.ringByteCount) of \(plan.bufferByteCount) bytes of capture ring")
    }
    return ring
  }

  private static func log(_ event: InterfaceEvent, _ logger: Logger) {
    switch event {
    case .capturing(let name, let linkType): logger.info("interface \(name) is open (\(linkType))")
    case .lost(let name, let reason): logger.warning("interface \(name) is lost: \(reason); trying every second")
    case .skipped(let name, let reason): logger.warning("interface \(name) is left out: \(reason)")
    }
  }
}

/// Which engine captures (CAPTURE).
public enum CaptureChoice: String, Sendable, CaseIterable {
  /// The ring where it opens, else libpcap.
  case auto
  /// Our own AF_PACKET ring.
  case ring
  /// libpcap.
  case libpcap
}
