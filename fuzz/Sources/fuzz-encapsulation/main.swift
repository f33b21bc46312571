import FuzzSupport

@testable import Mirror

// The way of captured frames from the engine to the socket: a batch goes through an encapsulator to collectors on
// loopback.
//
// Input: policy, MTU and number of frames; then for each frame its metadata, filler bytes, length and bytes.
// Encapsulators, sockets and memory are there once: making them costs a hundred times what a frame does.
let sinks = [LoopbackSink(), LoopbackSink()]
let ways = [
  Way(to: Array(sinks.prefix(1)), mode: .balance), Way(to: sinks, mode: .balance), Way(to: sinks, mode: .copy),
]
let frames = (0..<6).map { _ in FrameMemory() }

fuzz { data, size in
  var input = FuzzInput(data, size)
  let policy = readPolicy(&input)
  let choice = input.byte()
  let way = ways[choice & 3 < 2 ? 0 : choice & 8 != 0 ? 2 : 1]
  let count = 1 + Int(input.byte() % 6)
  // A frame is cut into some dozens of pieces, not thousands, which would show nothing more.
  let largest = 16 * max(64, (policy.mtu ?? 65_535) - LoopbackSink.overhead)
  for index in 0..<count { frames[index].fill(&input, largest: largest) }

  let before = way.counters
  way.consume(frames[..<count], policy, sample: choice & 4 != 0 ? 2 : 1)
  for index in 0..<count { frames[index].check() }
  let now = way.counters
  require(now.isBalanced, "\(now)")
  let change = now - before
  require(change.capture.captured == UInt64(count), "captured")
  let limit = min(policy.mtu ?? Int.max, 65_535) - LoopbackSink.overhead
  let received = way.drain(limit: limit, vni: policy.vni)
  let sent = Received(datagrams: change.send.sentDatagrams, bytes: change.send.sentBytes)
  require(
    received == sent || !sinks[0].holdsAll && received.datagrams < sent.datagrams, "\(received) received of \(sent)")
  return 0
}

/// What users may set, and smaller MTUs than they may, as a route can have.
func readPolicy(_ input: inout FuzzInput) -> Policy {
  let bits = input.byte()
  let mtu = Int(input.word())
  let oversize = bits & 3
  return Policy(
    vni: tunnelVNI,
    oversize: oversize == 1 ? .truncate : oversize == 2 ? .drop : .segment,
    segment: bits & 4 != 0 ? .wire : .mtu,
    checksum: bits & 8 != 0 ? .keep : .fill,
    mtu: bits & 16 != 0 ? nil : bits & 32 != 0 ? max(mtu, 576) : mtu)
}
