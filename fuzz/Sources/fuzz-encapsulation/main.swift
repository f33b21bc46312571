import Capture
import FuzzSupport
import System
import Transport
import Wire

@testable import Mirror

// The way of captured frames from the engine to the socket: a batch goes through a pipeline to collectors on loopback.
//
// Input: policy, MTU and number of frames; then for each frame its metadata, filler bytes, length and bytes.
let sinks = [LoopbackSink(), LoopbackSink()]
let paths = sinks.map { sink in
  do {
    return try CollectorPath(to: SocketAddress(numeric: "127.0.0.1", port: sink.port)!, laneCount: 2)
  } catch {
    fatalError("loopback: \(error)")
  }
}

fuzz { data, size in
  var input = FuzzInput(data, size)
  let policy = readPolicy(&input)
  let ways = input.byte()
  let sample = ways & 4 != 0 ? 2 : 1
  let collectors = CollectorSet(Array(paths.prefix(Int(ways & 3) % 3)), mode: ways & 8 != 0 ? .copy : .balance)
  let pipeline = Pipeline(policy: policy, sample: sample)
  pipeline.setCollectors(collectors)

  var batch = FrameBatch()
  var frames: [FrameMemory] = []
  let count = 1 + Int(input.byte() % 6)
  for _ in 0..<count {
    let frame = FrameMemory(&input)
    batch.append(frame.captured)
    frames.append(frame)
  }
  pipeline.consume(batch)
  for frame in frames { frame.checkAndFree() }

  let counters = pipeline.snapshot
  require(counters.isBalanced, "\(counters)")
  require(counters.capture.captured == UInt64(count), "captured")
  let limit = min(policy.mtu ?? Int.max, 65_535) - LoopbackSink.overhead
  let received = sinks.reduce(into: Received()) { $0.add($1.drain(limit: limit, vni: policy.vni)) }
  let sent = Received(datagrams: counters.send.sentDatagrams, bytes: counters.send.sentBytes)
  require(
    received == sent || !sinks[0].holdsAll && received.datagrams < sent.datagrams, "\(received) received of \(sent)")
  return 0
}

/// What users may set, and smaller MTUs than they may, as a route can have.
func readPolicy(_ input: inout FuzzInput) -> Policy {
  let bits = input.byte()
  let mtu = Int(input.word())
  return Policy(
    vni: 0x12_3456,
    oversize: OversizePolicy.allCases[Int(bits & 3) % 3],
    segment: bits & 4 != 0 ? .wire : .mtu,
    checksum: bits & 8 != 0 ? .keep : .fill,
    mtu: bits & 16 != 0 ? nil : bits & 32 != 0 ? max(mtu, 576) : mtu)
}
