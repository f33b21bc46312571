package import Capture
import Synchronization
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
  package init(policy: Policy, sample: Int) {
    self.policy = policy
    self.sample = UInt64(sample)
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
    encapsulator = Encapsulator(to: collectors, balancer: balancer, policy: policy)
    published.withLock {
      $0 = Published()
      $0.base = base
    }
  }

  package func consume(_ batch: borrowing FrameBatch) {
    if hasCollectors {
      encapsulator.consume(batch, sample: sample)
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

  /// Publishes the counters, with `kernelDropped` as it is now.
  package func publish(kernelDropped: UInt64? = nil) {
    published.withLock {
      $0.capture = encapsulator.counters
      $0.send = encapsulator.lanes.counters
      guard let kernelDropped else { return }
      base.kernelDropped = kernelDropped
      $0.base.kernelDropped = kernelDropped
    }
  }

  /// The counters as of the last batch. From any thread.
  package var snapshot: Counters { published.withLock { $0 }.total }
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
      if sample > 1, !frame.sharedFlowHash(packet).isSampled(oneOf: sample) {
        counters.droppedSample &+= 1
        continue
      }
      encapsulate(frame, packet, index: index)
    }
    end(frameCount: batch.count)
  }
}
