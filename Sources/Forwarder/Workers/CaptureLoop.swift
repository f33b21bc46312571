import Capture
import Glibc
import Logging
import Mirror
import Synchronization
import System
import Transport

/// What a worker's thread does until it is told to end.
struct CaptureLoop {
  private let worker: Worker
  private var session: CaptureSession?
  private var collectors: CollectorSet
  /// Of engines that are gone.
  private var droppedBefore: UInt64 = 0
  private var reserveBefore: UInt64 = 0
  private var blindBefore: UInt64 = 0
  /// Since when there is no engine, in milliseconds of `MonotonicClock`; nil before the first one.
  private var blindSince: Int64?
  /// When a filter that could not be replaced is tried again, in milliseconds of `MonotonicClock`.
  private var nextFilter: Int64 = 0
  /// When it is looked at again which flows the filter keeps out, in milliseconds of `MonotonicClock`.
  private var nextWithheld: Int64 = 0
  /// When the filter may be replaced for them again.
  private var soonestWithheld: Int64 = 0
  /// What was last said about the filter, and about the capture, while they fail.
  private var filterFailure: String?
  private var captureFailure: String?

  /// Filters and engines that fail are tried again after so many milliseconds, an engine also when a link changes.
  private static let retryMilliseconds: Int64 = 1_000
  /// How often the filter is replaced for the flows that it keeps out, in milliseconds.
  private static let withheldMilliseconds: Int64 = 1_000

  init(_ worker: Worker) {
    self.worker = worker
    collectors = worker.orders.withLock { $0.collectors }
  }

  /// Captures with `first`, or opens an engine when that is possible, until the worker is stopped.
  mutating func run(_ first: CaptureSession?) {
    session = first
    let pipeline = worker.pipeline
    pipeline.setCollectors(collectors)
    while true {
      worker.beginTurn()
      let orders = worker.orders.withLock { $0 }
      if let deadline = orders.deadline {
        end(by: deadline)
        return
      }
      follow(orders)
      do throws(CaptureError) {
        if session == nil { try open() }
        try session?.engine.capture(
          into: pipeline, wakeDescriptor: worker.wakeUp.descriptor, timeoutMilliseconds: 250)
        publish()
        withhold()
        worker.wakeUp.clear()
      } catch {
        lose(error)
      }
    }
  }

  /// Carries out what has changed. A change counts as carried out when its filter is in force.
  private mutating func follow(_ orders: Worker.Orders) {
    if session != nil, session?.plan != orders.plan { replaceFilter(orders.plan) }
    if orders.collectors !== collectors {
      collectors = orders.collectors
      worker.pipeline.setCollectors(collectors)
    }
    guard orders.settled != orders.generation, session == nil || session?.plan == orders.plan else { return }
    worker.settle(orders.generation)
  }

  /// A filter that cannot be replaced leaves one in force that takes nothing (`CaptureEngine.apply`).
  private mutating func replaceFilter(_ plan: CapturePlan) {
    let now = MonotonicClock.milliseconds
    guard session?.plan != nil || now >= nextFilter else { return }
    do throws(CaptureError) {
      try session?.engine.apply(plan)
      session?.plan = plan
      if filterFailure != nil { worker.logger.notice("the capture filter is in force") }
      filterFailure = nil
      worker.note(filterFailure: nil)
    } catch {
      session?.plan = nil
      worker.note(filterFailure: error.description)
      nextFilter = now + Self.retryMilliseconds
      guard filterFailure != error.description else { return }
      filterFailure = error.description
      worker.logger.error("the capture filter was not replaced: \(error); nothing is captured until it is")
    }
  }

  /// Has the filter keep out what is not worth capturing. It is no trouble if it cannot: then it is captured and withheld.
  private mutating func withhold() {
    guard let session, session.plan != nil else { return }
    let (pipeline, engine) = (worker.pipeline, session.engine)
    // Another engine, or another filter.
    if engine.withheldFlowCount < pipeline.withheldFlowCount {
      pipeline.withholding(engine.withheldFlowCount, since: WallClock.nanosecondsSince1970)
    }
    let now = MonotonicClock.milliseconds
    // The first heavy flow after a while need not wait for the next look.
    guard now >= nextWithheld || pipeline.withheldFlowCount == 0 && pipeline.hasNewHeavyFlow && now >= soonestWithheld
    else { return }
    nextWithheld = now + Self.withheldMilliseconds
    guard let flows = pipeline.chooseWithheld() else { return }
    soonestWithheld = nextWithheld
    engine.withhold(flows)
    pipeline.withholding(engine.withheldFlowCount, since: WallClock.nanosecondsSince1970)
  }

  private mutating func open() throws(CaptureError) {
    session = try worker.openSession()
    captureFailure = nil
    // An engine opens with the filter of the moment, or not at all.
    filterFailure = nil
    worker.note(filterFailure: nil)
    guard let since = blindSince else { return }
    let milliseconds = MonotonicClock.milliseconds - since
    blindBefore &+= UInt64(max(0, milliseconds))
    blindSince = nil
    if worker.isSpeaker { worker.logger.notice("the capture is back after \(milliseconds) ms") }
  }

  /// Gives up an engine that has failed, or waits where there is none. One that had worked is opened again at once.
  private mutating func lose(_ error: CaptureError) {
    if captureFailure != error.description {
      captureFailure = error.description
      var isSaid = true
      if case .interfaceDown = error { isSaid = worker.isSpeaker }
      if isSaid { worker.logger.warning("no capture: \(error); trying again") }
    }
    worker.note(isCapturing: false)
    worker.note(captureFailure: error.description)
    if let lost = session {
      session = nil
      let now = MonotonicClock.milliseconds
      lost.engine.finish(into: worker.pipeline, by: now + 1_000)
      droppedBefore &+= lost.engine.kernelDropped
      reserveBefore &+= lost.engine.reserveFrames
      blindBefore &+= lost.engine.blindMilliseconds
      blindSince = now
      publish()
      if now - lost.openedAt >= Self.retryMilliseconds { return }
    }
    waitForChange()
    publish()
  }

  /// Waits until something is asked for, a link changes, or it is time to try again.
  private func waitForChange() {
    var descriptors: [pollfd] = [.readable(worker.wakeUp.descriptor), .readable(worker.monitor?.descriptor ?? -1)]
    Polling.wait(&descriptors, milliseconds: Int32(Self.retryMilliseconds))
    worker.wakeUp.clear()
    _ = worker.monitor?.drain()
  }

  private mutating func end(by deadline: Int64) {
    if let engine = session?.engine {
      engine.finish(into: worker.pipeline, by: deadline)
      publish()
    }
    worker.end()
  }

  private func publish() {
    var blind = blindBefore &+ (session?.engine.blindMilliseconds ?? 0)
    if let blindSince { blind &+= UInt64(max(0, MonotonicClock.milliseconds - blindSince)) }
    worker.pipeline.publish(
      kernelDropped: droppedBefore &+ (session?.engine.kernelDropped ?? 0),
      reserveFrames: reserveBefore &+ (session?.engine.reserveFrames ?? 0),
      blindMilliseconds: worker.isSpeaker ? blind : 0)
    worker.note(session?.engine.rings)
  }
}
