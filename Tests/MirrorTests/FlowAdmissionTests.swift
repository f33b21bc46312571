import System
import TestSupport
import Testing
import Wire

@testable import Mirror

/// Limits on frames' way: what is sent, dropped and counted.
@Suite(.timeLimit(.minutes(1))) struct FlowAdmissionTests {
  private let limiter = FlowLimiter(rate: RateLimit(64_000, .bits), cores: nil, now: MonotonicClock.nanoseconds) {}

  private func segment(_ port: UInt16, flags: UInt8, _ byteCount: Int = 10) -> TestFrame {
    var header = TCPBuilder()
    header.sourcePort = port
    header.flags = flags
    return TestFrame(ethernet(ipv4(6, header.segment(.v4, [UInt8](repeating: 1, count: byteCount)))))
  }

  private func datagram(_ port: UInt16, _ number: UInt16) -> TestFrame {
    let payload = bigEndian(number) + [UInt8](repeating: 7, count: 998)
    return TestFrame(ethernet(ipv4(17, udpDatagram(.v4, from: port, payload))))
  }

  /// Lets the share grow to all, by a clock that runs ahead.
  private func grow() {
    let now = MonotonicClock.nanoseconds
    for tick in 1...40 {
      limiter.tick(now: now + Int64(tick) * 100_000_000, cores: 0, isThrottled: false)
    }
  }

  /// A port whose flow is in the upper half.
  private func upperPort() throws -> UInt16 {
    try #require(
      (40_000...40_100).first { port in
        let packet = ipv4(6, TCPBuilder().with(port).segment(.v4, []))
        return ShareHash.of(packet.span.bytes, etherType: EtherType.ipv4)! >= 0x8000_0000
      })
  }

  @Test func everyFlowIsSentUpToAPoint() throws {
    let rig = try Rig(limiter: limiter)
    var sent: [UInt16: [UInt16]] = [:]
    for round in 0..<10 {
      let frames = (0..<100).map { datagram(UInt16(1_000 + $0), UInt16(round)) }
      for frame in try rig.sendToOne(frames) { sent[frame.word(34), default: []].append(frame.word(42)) }
    }
    for numbers in sent.values { #expect(numbers == Array(0..<UInt16(numbers.count))) }
    let bytes = Double(rig.counters.send.sentBytes)
    let limit = try #require(limiter.rate)
    // What little comes in during the test is added.
    #expect(bytes > limit.burst / 2 && bytes < limit.burst + limit.reserve + 40_000)
    #expect(rig.counters.capture.droppedRate > 500)
    #expect(rig.counters.capture.droppedRate + rig.counters.send.forwardedFrames == 1_000)
    #expect(!limiter.share.isAll)
    // The flows that are left are those of the smallest hashes.
    #expect(sent.values.contains { $0.count < 10 })
  }

  /// What is not IP has no flow to end: it waits for room like anything else.
  @Test func framesOfNoFlow() throws {
    let rig = try Rig(limiter: limiter)
    let frame = TestFrame(ethernet(0x88CC, [UInt8](repeating: 1, count: 1_000)))
    for _ in 0..<4 { try rig.send([TestFrame](repeating: frame, count: 100)) }
    #expect(rig.counters.capture.droppedRate > 150)
    #expect(limiter.share.isAll)
  }

  @Test func aConnectionJoinsWithItsFirstSegment() throws {
    let port = try upperPort()
    let rig = try Rig(limiter: limiter)
    // From the start everything is let in, from wherever it is.
    #expect(try rig.sendToOne([segment(port, flags: 0x10)]).count == 1)
    limiter.cut(below: 0x4000_0000, now: MonotonicClock.nanoseconds)
    #expect(try rig.sendToOne([segment(port, flags: 0x10)]).isEmpty)
    #expect(try rig.sendToOne([segment(port, flags: 0x02)]).isEmpty)
    grow()
    #expect(limiter.share.isAll)
    // It had begun before: neither its own nor an answer's segment, nor a SYN of the other side, is a beginning.
    for flags: UInt8 in [0x10, 0x18, 0x12, 0x11, 0x04] {
      #expect(try rig.sendToOne([segment(port, flags: flags)]).isEmpty)
    }
    #expect(try rig.sendToOne([datagram(port, 1)]).count == 1, "UDP joins at once")
    #expect(try rig.sendToOne([segment(port, flags: 0x02), segment(port, flags: 0x10)]).count == 2)
    #expect(try rig.sendToOne([segment(port, flags: 0x11), segment(port, flags: 0x10)]).count == 2)
    // Shed once more, it is over.
    limiter.cut(below: 0x4000_0000, now: MonotonicClock.nanoseconds)
    #expect(try rig.sendToOne([segment(port, flags: 0x10)]).isEmpty)
    grow()
    #expect(try rig.sendToOne([segment(port, flags: 0x10)]).isEmpty)
    #expect(rig.counters.capture.droppedRate == 9)
  }

  /// A cut and a growth that a worker has not noticed were none for its flows.
  @Test func whatThisWorkerNeverShedGoesOn() throws {
    let port = try upperPort()
    let rig = try Rig(limiter: limiter)
    #expect(try rig.sendToOne([segment(port, flags: 0x10)]).count == 1)
    limiter.cut(below: 0x4000_0000, now: MonotonicClock.nanoseconds)
    grow()
    #expect(try rig.sendToOne([segment(port, flags: 0x10)]).count == 1)
  }

  @Test func whatIsSentIsWhatIsCharged() throws {
    let bucket = try #require(limiter.sent)
    let rig = try Rig(collectors: 2, mode: .copy, limiter: limiter)
    let now = MonotonicClock.nanoseconds
    // So that it is not full again before the end.
    bucket.take(40_000, now)
    let before = bucket.left(now)
    try rig.send([segment(40_000, flags: 0x10, 20_000), datagram(1, 2)])
    let bytes = Int64(rig.counters.send.sentBytes)
    #expect(bytes > 40_000)
    // 8,000 bytes a second.
    #expect(abs((before - bucket.left(now)) / 125_000 - bytes) <= 4)
  }
}

extension TCPBuilder {
  fileprivate func with(_ port: UInt16) -> TCPBuilder {
    var copy = self
    copy.sourcePort = port
    return copy
  }
}
