import Capture
import Glibc
package import Synchronization
package import System
package import Transport
import Wire

/// What a worker does with the frames that its capture engine hands over, from there to the sockets. Used on the capture thread only, but for
/// `snapshot`.
package final class Pipeline: FrameConsumer {
  var encapsulator: Encapsulator
  private var hasCollectors = false
  let policy: Policy
  /// nil: without end.
  let quota: PacketQuota?
  private let balancer: FlowBalancer
  /// Counters of encapsulators that are gone, and of frames that met none.
  private var base = Counters()
  private let published = Mutex(Published())
  var selector: FrameSelector
  private let loops = Mutex<[LoopEvent]>([])
  /// What is to be reported to the collectors next.
  let reports = Mutex<ReportFrame?>(nil)
  let isReportDue = Atomic(false)
  /// What was reported last.
  var lastReport: ReportFrame?
  /// Connections that the capture's filter keeps out.
  package let withheldConnections = Atomic(0)
  let newHost = Mutex<HostIdentity?>(nil)
  let hasNewHost = Atomic(false)
  /// What the flow rules had counted when the encapsulator in use came.
  var flowsBefore: (evicted: UInt64, withheldBytes: UInt64) = (0, 0)
  private let wantsFlows = Atomic(false)
  private var sampler: FlowSampler?
  private let flows = Mutex<(shares: [FlowSampler.Share], end: Int64)>(([], 0))

  /// Counters that other threads may read: those of the encapsulator in use, and all before.
  private struct Published {
    var base = Counters()
    var capture = CaptureCounters()
    var send = SendCounters()

    var total: Counters {
      var live = Counters()
      live.capture = capture
      live.send = send
      return base + live
    }
  }

  /// A pipeline without collectors; one of `sample` flows is mirrored, within the limits of `limiter` and until `quota` is
  /// spent, if there are such.
  package init(
    policy: Policy, sample: Int, limiter: FlowLimiter? = nil, quota: PacketQuota? = nil, bufferByteCount: Int = 32 << 20
  ) {
    self.policy = policy
    self.quota = quota
    selector = FrameSelector(
      sample: .one(of: UInt64(sample)), limiter: limiter, returnedFrame: ReturnedFrame(vni: policy.vni, ports: []),
      bufferByteCount: bufferByteCount)
    let nobody = CollectorSet([], mode: .balance)
    balancer = FlowBalancer(nobody)
    encapsulator = Encapsulator(to: nobody, balancer: balancer, policy: policy)
  }

  /// Follows flows by the policy's rules, if there are any.
  ///
  /// - Throws: `SystemError` if there is no memory for them.
  package func followFlows() throws(SystemError) {
    guard policy.flows.isOn else { return }
    try selector.follow(policy.flows)
  }

  /// Where frames go now.
  var collectors: CollectorSet { encapsulator.sender.collectors }

  /// Sends to other collectors from the next batch on; an empty set drops and counts.
  package func setCollectors(_ collectors: CollectorSet) {
    publish()
    endReports(of: self.collectors.paths, but: collectors.paths)
    base = snapshot
    hasCollectors = !collectors.paths.isEmpty
    balancer.change(to: collectors)
    selector.returnedFrame = ReturnedFrame(vni: policy.vni, ports: collectors.paths.map(\.address.port))
    encapsulator = Encapsulator(to: collectors, balancer: balancer, policy: policy)
    flowsBefore = (selector.flows.table.evicted, selector.flows.kernelWithheldBytes)
    published.withLock {
      $0 = Published()
      $0.base = base
    }
  }

  /// Frames that were sent to the collectors of the moment.
  var forwardedFrames: UInt64 { encapsulator.sender.counters.forwardedFrames }

  /// Does with every frame of the batch what is to be done.
  func pass(_ batch: borrowing FrameBatch) {
    if wantsFlows.load(ordering: .relaxed) { sample(batch) }
    takeHost()
    if hasCollectors {
      let bytesBefore = encapsulator.counters.capturedBytes
      encapsulator.mirror(batch, &selector)
      let byteCount = Int(encapsulator.counters.capturedBytes &- bytesBefore)
      let hold = selector.endBatch(
        frames: batch.count, bytes: byteCount, now: MonotonicClock.nanoseconds, time: WallClock.nanosecondsSince1970)
      for event in selector.takeFound() { note(event) }
      if hold > 0 { holdBreath(nanoseconds: hold) }
    } else {
      for index in 0..<batch.count {
        base.capture.captured &+= 1
        base.capture.capturedBytes &+= UInt64(batch[index].wireByteCount)
      }
      base.capture.droppedNoDestination &+= UInt64(batch.count)
      published.withLock { $0.base = base }
    }
    publish()
  }

  /// Whether it is looked at which flows carry most. From any thread; where nobody wants it, it costs a look a batch.
  package func sampleFlows(_ isWanted: Bool) { wantsFlows.store(isWanted, ordering: .relaxed) }

  /// Frames that are dropped afterwards count as well: it is about what is captured.
  private func sample(_ batch: borrowing FrameBatch) {
    let now = MonotonicClock.nanoseconds
    // Old windows are nobody's business any more.
    if sampler == nil || now - flows.withLock({ $0.end }) > 4 * FlowSampler.window {
      sampler = FlowSampler(now: now)
      flows.withLock { $0 = ([], now) }
    }
    sampler?.take(batch)
    if let shares = sampler?.takeWindow(now: now) { flows.withLock { $0 = (shares, now) } }
  }

  /// What the flows of the last window carried, where that ended not long before `now` (nanoseconds of
  /// `MonotonicClock`). From any thread.
  package func flows(at now: Int64) -> [(name: FlowName, bytesPerSecond: UInt64)] {
    let last = flows.withLock { $0 }
    guard now - last.end < 3 * FlowSampler.window else { return [] }
    return last.shares.map { ($0.name, $0.bytesPerSecond) }
  }

  /// Sends nothing for a while; the capture buffer keeps what comes.
  private func holdBreath(nanoseconds: Int64) {
    let start = WallClock.nanosecondsSince1970
    usleep(UInt32(nanoseconds / 1_000))
    selector.held(from: start, to: WallClock.nanosecondsSince1970)
  }

  private func note(_ event: LoopEvent) {
    loops.withLock { if !$0.contains(event), $0.count < 16 { $0.append(event) } }
  }

  /// Loops found since the last call. From any thread.
  package func takeLoops() -> [LoopEvent] {
    loops.withLock { events in
      defer { events = [] }
      return events
    }
  }

  /// Publishes the counters, with what only the engine knows as it is now.
  package func publish(
    kernelDropped: UInt64? = nil, reserveFrames: UInt64? = nil, blindMilliseconds: UInt64? = nil
  ) {
    sendReportIfDue()
    countFlows()
    published.withLock {
      $0.capture = encapsulator.counters
      $0.send = encapsulator.sender.counters
      if let kernelDropped {
        base.kernelDropped = kernelDropped
        $0.base.kernelDropped = kernelDropped
      }
      if let reserveFrames {
        base.reserveFrames = reserveFrames
        $0.base.reserveFrames = reserveFrames
      }
      if let blindMilliseconds {
        base.blindMilliseconds = blindMilliseconds
        $0.base.blindMilliseconds = blindMilliseconds
      }
    }
  }

  /// The counters as of the last batch. From any thread.
  package var snapshot: Counters { published.withLock { $0 }.total }
}
