import Capture
import Synchronization
import Transport
import Wire

/// One worker's way of a frame from the capture engine to the sockets. Used on the capture thread only, but for
/// `snapshot`.
final class Pipeline: FrameConsumer {
  private var encapsulator: Encapsulator
  private var hasCollectors = false
  private let policy: Encapsulator.Policy
  private let balancer: FlowBalancer
  /// One of this many flows is mirrored.
  private let sample: UInt64
  /// Counters of encapsulators that are gone, and of frames that met none.
  private var base = Counters()
  private let published = Mutex(Counters())

  init(policy: Encapsulator.Policy, sample: Int) {
    self.policy = policy
    self.sample = UInt64(sample)
    let nobody = CollectorSet([], mode: .balance)
    balancer = FlowBalancer(nobody)
    encapsulator = Encapsulator(to: nobody, balancer: balancer, policy: policy)
  }

  /// Sends to other collectors from the next batch on; an empty set drops and counts.
  func setCollectors(_ collectors: CollectorSet) {
    base = totals
    hasCollectors = !collectors.paths.isEmpty
    balancer.change(to: collectors)
    encapsulator = Encapsulator(to: collectors, balancer: balancer, policy: policy)
  }

  func consume(_ batch: borrowing FrameBatch) {
    if hasCollectors {
      encapsulator.consume(batch, sample: sample)
    } else {
      for index in 0..<batch.count {
        base.capture.captured &+= 1
        base.capture.capturedBytes &+= UInt64(batch[index].wireByteCount)
      }
      base.capture.droppedNoDestination &+= UInt64(batch.count)
    }
    publish()
  }

  /// Publishes the counters, with `kernelDropped` as it is now.
  func publish(kernelDropped: UInt64? = nil) {
    if let kernelDropped { base.kernelDropped = kernelDropped }
    let now = totals
    published.withLock { $0 = now }
  }

  /// The counters as of the last batch. From any thread.
  var snapshot: Counters { published.withLock { $0 } }

  private var totals: Counters {
    var sum = Counters()
    sum.capture = encapsulator.counters
    sum.send = encapsulator.lanes.counters
    return base + sum
  }
}

extension Encapsulator {
  /// Sends every frame of the batch that sampling takes.
  mutating func consume(_ batch: borrowing FrameBatch, sample: UInt64) {
    begin()
    for index in 0..<batch.count {
      let captured = batch[index]
      counters.captured &+= 1
      counters.capturedBytes &+= UInt64(captured.wireByteCount)
      let frame = InnerFrame(captured)
      let packet = IPPacket(frame.packetBytes, etherType: frame.etherType)
      let flow = frame.flowHash(packet)
      if sample > 1, !flow.isSampled(oneOf: sample) {
        counters.droppedSample &+= 1
        continue
      }
      encapsulate(frame, packet, flow, index: index)
    }
    end(frameCount: batch.count)
  }
}
