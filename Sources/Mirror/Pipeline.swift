package import Capture
import Glibc
import Synchronization
import System
package import Transport
import Wire

/// One worker's way of a frame from the capture engine to the sockets. Used on the capture thread only, but for
/// `snapshot`.
package final class Pipeline: FrameConsumer {
  private var encapsulator: Encapsulator
  private var hasCollectors = false
  private let policy: Policy
  private let balancer: FlowBalancer
  /// One of this many flows is mirrored.
  private let sample: UInt64
  /// Counters of encapsulators that are gone, and of frames that met none.
  private var base = Counters()
  private let published = Mutex(Published())
  private var loopDetector: LoopDetector
  private var returnedFrame: ReturnedFrame
  private let loops = Mutex<[LoopEvent]>([])

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

  /// A pipeline without collectors; one of `sample` flows is mirrored.
  package init(policy: Policy, sample: Int, bufferByteCount: Int = 32 << 20) {
    self.policy = policy
    self.sample = UInt64(sample)
    loopDetector = LoopDetector(bufferByteCount: bufferByteCount)
    returnedFrame = ReturnedFrame(vni: policy.vni, ports: [])
    let nobody = CollectorSet([], mode: .balance)
    balancer = FlowBalancer(nobody)
    encapsulator = Encapsulator(to: nobody, balancer: balancer, policy: policy)
  }

  /// Sends to other collectors from the next batch on; an empty set drops and counts.
  package func setCollectors(_ collectors: CollectorSet) {
    publish()
    base = snapshot
    hasCollectors = !collectors.paths.isEmpty
    balancer.change(to: collectors)
    returnedFrame = ReturnedFrame(vni: policy.vni, ports: collectors.paths.map(\.address.port))
    encapsulator = Encapsulator(to: collectors, balancer: balancer, policy: policy)
    published.withLock {
      $0 = Published()
      $0.base = base
    }
  }

  package func consume(_ batch: borrowing FrameBatch) {
    if hasCollectors {
      let bytesBefore = encapsulator.counters.capturedBytes
      let returned = encapsulator.consume(batch, sample: sample, loops: &loopDetector, returned: returnedFrame)
      if let returned { note(.returned(returned)) }
      let byteCount = Int(encapsulator.counters.capturedBytes &- bytesBefore)
      let hold = loopDetector.end(frames: batch.count, bytes: byteCount, now: MonotonicClock.nanoseconds)
      for flow in loopDetector.takeFound() { note(.flow(flow)) }
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

  /// Sends nothing for a while; the capture buffer keeps what comes.
  private func holdBreath(nanoseconds: Int64) {
    let start = WallClock.nanosecondsSince1970
    usleep(UInt32(nanoseconds / 1_000))
    loopDetector.held(from: start, to: WallClock.nanosecondsSince1970)
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

  /// Publishes the counters, with `kernelDropped` and `blindMilliseconds` as they are now.
  package func publish(kernelDropped: UInt64? = nil, blindMilliseconds: UInt64? = nil) {
    published.withLock {
      $0.capture = encapsulator.counters
      $0.send = encapsulator.sender.counters
      if let kernelDropped {
        base.kernelDropped = kernelDropped
        $0.base.kernelDropped = kernelDropped
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

extension Encapsulator {
  /// Sends every frame of the batch that is no loop's and that sampling takes.
  ///
  /// - Returns: the flow of a frame that came back mirrored, if there was one.
  mutating func consume(
    _ batch: borrowing FrameBatch, sample: UInt64, loops: inout LoopDetector, returned: ReturnedFrame
  ) -> FlowName? {
    var found: FlowName?
    begin()
    for index in 0..<batch.count {
      let captured = batch[index]
      counters.captured &+= 1
      counters.capturedBytes &+= UInt64(captured.wireByteCount)
      let frame = InnerFrame(captured)
      let packet = IPPacket(frame.packetBytes, etherType: frame.etherType)
      let flow = frame.flowHash(packet, key: flowKey)
      let isAdmitted = loops.admits(
        flow.value, timestamp: captured.timestamp, name: FlowName(frame.packetBytes, packet))
      guard isAdmitted else {
        counters.droppedLoop &+= 1
        continue
      }
      if let packet, returned.mayBeTunnel(frame.packetBytes, packet), returned.contains(frame.packetBytes, packet) {
        found = FlowName(frame.packetBytes, packet)
        counters.droppedLoop &+= 1
        continue
      }
      if sample > 1, !frame.sharedFlowHash(packet).isSampled(oneOf: sample) {
        counters.droppedSample &+= 1
        continue
      }
      encapsulate(frame, packet, flow, index: index)
    }
    end(frameCount: batch.count)
    return found
  }
}
