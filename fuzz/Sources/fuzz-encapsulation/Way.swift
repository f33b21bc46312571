import Capture
import FuzzSupport
import System
import Transport
import Wire

@testable import Mirror

/// The VNI of all datagrams.
let tunnelVNI: UInt32 = 0x12_3456

/// An encapsulator and the sinks it sends to.
final class Way {
  private var encapsulator: Encapsulator
  private var selector = FrameSelector(
    sample: .all, returnedFrame: ReturnedFrame(vni: tunnelVNI, ports: []), bufferByteCount: 1 << 20)
  private var batch = FrameBatch()
  private let sinks: [LoopbackSink]

  init(to sinks: [LoopbackSink], mode: CollectorSet.Mode) {
    self.sinks = sinks
    let paths = sinks.map { sink in
      do {
        return try CollectorPath(to: SocketAddress(numeric: "127.0.0.1", port: sink.port)!, sourcePortCount: 2)
      } catch {
        fatalError("loopback: \(error)")
      }
    }
    let collectors = CollectorSet(paths, mode: mode)
    let policy = Policy(vni: tunnelVNI, oversize: .segment, segment: .mtu, checksum: .fill, mtu: nil)
    encapsulator = Encapsulator(to: collectors, balancer: FlowBalancer(collectors), policy: policy)
  }

  /// Sends those of the frames that sampling takes, as one batch.
  func consume(_ frames: ArraySlice<FrameMemory>, _ policy: Policy, sample: UInt64) {
    batch.removeAll()
    for frame in frames { batch.append(frame.captured) }
    encapsulator.policy = policy
    selector.sample = .one(of: sample)
    encapsulator.mirror(batch, &selector)
  }

  /// Everything counted so far.
  var counters: Counters {
    var counters = Counters()
    counters.capture = encapsulator.counters
    counters.send = encapsulator.sender.counters
    return counters
  }

  /// Takes everything that waits at the sinks.
  func drain(limit: Int, vni: UInt32) -> Received {
    sinks.reduce(into: Received()) { $0.add($1.drain(limit: limit, vni: vni)) }
  }
}
