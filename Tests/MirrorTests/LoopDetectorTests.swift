import TestSupport
import Testing
import Wire

@testable import Mirror

/// A network in steps of a millisecond, with time stamps as the kernel gives them.
private struct Network: ~Copyable {
  static let millisecond: Int64 = 1_000_000
  var detector = LoopDetector(bufferByteCount: 32 << 20)
  var now: Int64 = 1_000_000_000_000
  /// Waits for its turn: flow and time stamp.
  var ring: [(flow: UInt64, timestamp: Int64)] = []
  var admitted: [UInt64: Int] = [:]
  var dropped: [UInt64: Int] = [:]
  var holds = 0

  /// Runs for `count` milliseconds. `arriving` gives what the network brings in the millisecond that begins at a time;
  /// what is admitted of `loops` comes back in the next one, and a tenth more.
  mutating func run(_ count: Int, loops: Set<UInt64> = [], _ arriving: (Int64) -> [UInt64]) {
    let end = now + Int64(count) * Self.millisecond
    while now < end {
      ring += arriving(now).map { ($0, now) }
      let batch = ring
      ring = []
      now += Self.millisecond
      for (index, frame) in batch.enumerated() {
        if detector.admits(frame.flow, timestamp: frame.timestamp, name: noName) {
          admitted[frame.flow, default: 0] += 1
          guard loops.contains(frame.flow) else { continue }
          // No more than a worker could carry.
          let again = index % 10 == 0 && batch.count < 400 ? 2 : 1
          for _ in 0..<again { ring.append((frame.flow, now)) }
        } else {
          dropped[frame.flow, default: 0] += 1
        }
      }
      let hold = detector.end(frames: batch.count, bytes: batch.count * 500, now: now, time: now)
      guard hold > 0 else { continue }
      holds += 1
      let start = now
      while now < start + hold {
        ring += arriving(now).map { ($0, now) }
        now += Self.millisecond
      }
      detector.held(from: start, to: now)
    }
  }
}

private let noName = FlowName([UInt8]().span.bytes, nil)

@Suite struct LoopDetectorTests {
  /// A few frames go round and grow: found within two seconds, and nothing else is dropped for it.
  @Test(arguments: [1, 4]) func aLoopEnds(flows: Int) {
    var network = Network()
    let loops = Set((1...flows).map { UInt64($0) })
    var seeded = false
    network.run(2_000, loops: loops) { _ in
      defer { seeded = true }
      return (seeded ? [] : loops.flatMap { Array(repeating: $0, count: 4) }) + [99, 98]
    }
    #expect(Set(network.dropped.keys) == loops)
    #expect(network.detector.takeFound().count == flows)
    // What it let pass before is all there was, the rest is what still came.
    let before = network.admitted.filter { loops.contains($0.key) }
    network.run(1_000, loops: loops) { _ in [1, 99] }
    #expect(network.admitted.filter { loops.contains($0.key) } == before)
    #expect(network.dropped[99] == nil)
    #expect(network.detector.takeFound().isEmpty)
  }

  /// Whatever traffic rises, stops and comes back by itself is never taken for a loop.
  @Test(arguments: 1...15) func othersAreInnocent(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var network = Network()
    // Bursts of one to 400 ms, with pauses of one to 400.
    var isOn = false
    var next = network.now
    var perMillisecond = 50
    network.run(10_000) { now in
      if now >= next {
        isOn.toggle()
        next = now + Int64(random.int(1...400)) * Network.millisecond
        perMillisecond = random.int(5...300)
      }
      return (isOn ? Array(repeating: 7, count: perMillisecond) : []) + [8]
    }
    #expect(network.dropped.isEmpty)
    #expect(network.detector.takeFound().isEmpty)
  }

  /// Steady traffic is not disturbed, and traffic that rises only a few times.
  @Test func holdsAreRare() {
    var network = Network()
    network.run(30_000) { _ in Array(repeating: 5, count: 100) }
    #expect(network.holds <= 1)
    #expect(network.admitted[5] == 30_000 * 100)
  }

  /// Neither small batches nor flows that take turns make a flow seem more than it is, and so a loop.
  @Test(arguments: [1, 2, 3, 8, 16], [1, 4, 7, 8, 9, 16]) func regularTrafficIsInnocent(size: Int, flows: Int) {
    var detector = LoopDetector(bufferByteCount: 32 << 20)
    var now: Int64 = 1_000_000_000_000
    var frame = 0
    var dropped = 0
    // A second of little traffic, a second of much, time and again.
    for step in 0..<20_000 {
      now += Network.millisecond
      for _ in 0..<(step / 1_000 & 1 == 0 ? 1 : 24 / size) {
        for _ in 0..<size {
          frame += 1
          if !detector.admits(UInt64(frame % flows), timestamp: now, name: noName) { dropped += 1 }
        }
        let hold = detector.end(frames: size, bytes: size * 100, now: now, time: now)
        if hold > 0 { detector.held(from: now, to: now + hold) }
      }
    }
    #expect(dropped == 0)
  }

  /// A worker that is behind has a buffer that is full: what comes in a hold is lost, for all flows alike, and is there
  /// again behind it. No hold is tried, so nobody is sentenced for it.
  @Test(arguments: [true, false]) func aFullBufferIsNoSilence(isBehind: Bool) {
    var detector = LoopDetector(bufferByteCount: 32 << 20)
    var now: Int64 = 1_000_000_000_000
    var (dropped, holds) = (0, 0)
    for step in 0..<6_000 {
      now += Network.millisecond
      // A second of little traffic, a second of much, time and again.
      for _ in 0..<(step / 1_000 & 1 == 0 ? 5 : 100) {
        let timestamp = now - (isBehind ? 100 * Network.millisecond : 0)
        if !detector.admits(3, timestamp: timestamp, name: noName) { dropped += 1 }
      }
      let hold = detector.end(frames: 100, bytes: 50_000, now: now, time: now)
      guard hold > 0 else { continue }
      holds += 1
      detector.held(from: now, to: now + hold)
      now += hold
    }
    #expect(isBehind ? holds == 0 && dropped == 0 : holds > 0 && dropped > 0)
  }

  /// Bulk traffic that would fill the capture buffer in a moment is never held up.
  @Test func bulkIsNotHeldUp() {
    var detector = LoopDetector(bufferByteCount: 32 << 20)
    var now: Int64 = 1_000_000_000_000
    for _ in 0..<5_000 {
      now += Network.millisecond
      for _ in 0..<32 {
        let isAdmitted = detector.admits(3, timestamp: now, name: noName)
        #expect(isAdmitted)
      }
      // 16 Gbit/s.
      let hold = detector.end(frames: 32, bytes: 32 * 65_000, now: now, time: now)
      guard hold == 0 else { return #expect(Bool(false), "held") }
    }
  }
}

@Suite struct ReturnedFrameTests {
  private let returned = ReturnedFrame(vni: 7, ports: [5_000])

  /// A VXLAN datagram around `frame`.
  private func tunnel(_ frame: [UInt8], vni: UInt32, port: Int = 4_789) -> [UInt8] {
    let header = hex("08000000") + [UInt8(vni >> 16), UInt8(vni >> 8 & 0xFF), UInt8(vni & 0xFF), 0]
    let payload = header + frame
    let udp = bigEndian(UInt16(50_000)) + bigEndian(UInt16(port)) + bigEndian(UInt16(8 + payload.count)) + [0, 0]
    return ipv4(17, udp + payload)
  }

  private func contains(_ packet: [UInt8]) -> Bool {
    guard let parsed = IPPacket(packet.span.bytes, etherType: EtherType.ipv4) else { return false }
    return returned.contains(packet.span.bytes, parsed)
  }

  @Test func onlyOursInsideAnother() {
    let inner = ethernet(ipv4(1, [8, 0, 1, 2]))
    let ours = tunnel(inner, vni: 7)
    #expect(!contains(ours), "the mirror of another host with the same VNI may pass by")
    #expect(contains(tunnel(ethernet(ours), vni: 7)), "sent back by one with our VNI")
    #expect(contains(tunnel(ethernet(ours), vni: 9)), "and by one with another")
    #expect(contains(tunnel(ethernet(tunnel(ethernet(ours), vni: 9)), vni: 8)), "and through two")
    #expect(contains(tunnel(ethernet(tunnel(inner, vni: 7, port: 5_000)), vni: 1, port: 8_472)))
    #expect(!contains(tunnel(ethernet(tunnel(inner, vni: 8)), vni: 7)), "ours is outside only")
    #expect(!contains(tunnel(ethernet(tunnel(inner, vni: 7, port: 6_000)), vni: 7)), "no port of ours")
  }

  /// Whatever is cut off, nothing is read behind the end.
  @Test func anyLength() {
    let whole = tunnel(ethernet(tunnel(ethernet(ipv4(1, [8, 0, 1, 2])), vni: 7)), vni: 7)
    // Both tunnels' headers: IPv4, UDP, VXLAN; and the Ethernet header between them.
    let needed = 36 + 14 + 36
    for length in 0..<whole.count { #expect(contains(Array(whole.prefix(length))) == (length >= needed)) }
  }
}
