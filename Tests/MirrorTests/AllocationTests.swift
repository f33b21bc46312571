import CTestSupport
import Capture
import System
import TestSupport
import Testing

@testable import Mirror

/// Nothing is allocated for a frame.
@Suite(.timeLimit(.minutes(2)), .enabled(if: CTestSupport_counts_allocations(), "a sanitizer allocates"))
struct AllocationTests {
  /// Hands each batch of a capture file to the pipeline many times over, and counts what is allocated from the second
  /// batch on.
  private final class Repeater: FrameConsumer {
    private let pipeline: Pipeline
    private let times: Int
    private var start: UInt64?
    private(set) var frames = 0
    private(set) var allocations: UInt64 = 0

    init(_ pipeline: Pipeline, times: Int) {
      self.pipeline = pipeline
      self.times = times
    }

    func consume(_ batch: borrowing FrameBatch) {
      for _ in 0..<times { pipeline.consume(batch) }
      guard let start else {
        // In debug builds Swift makes the metadata of a type when it first meets it: what comes once a window, and once
        // a trial of the loop detector, must have come before it counts.
        let end = MonotonicClock.nanoseconds + 15 * LoopDetector.window
        while MonotonicClock.nanoseconds < end { pipeline.consume(batch) }
        start = CTestSupport_allocations()
        return
      }
      // Between the first batch and this one: libpcap and its reader too.
      allocations = CTestSupport_allocations() - start
      frames += times * batch.count
    }
  }

  /// The counter sees what Swift and libc allocate.
  @Test func allocationsAreCounted() {
    let before = CTestSupport_allocations()
    let bytes = [UInt8](repeating: 1, count: 100)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 64)
    memory.deallocate()
    let counted = CTestSupport_allocations() - before
    #expect(counted >= 2)
    #expect(bytes.count == 100)
  }

  /// Small frames, open checksums, TCP to segment, datagrams to fragment, tags, IPv6, what is not IP.
  private func file() -> [UInt8] {
    var random = SeededGenerator(seed: 111)
    var open = TCPBuilder().segment(.v4, random.bytes(500))
    open.put(bigEndian(NaiveChecksum.sum(Addresses.v4.pseudoHeader(6, open.count))), at: 16)
    let rare = [
      ethernet(ipv4(6, open)), ethernet(random.tcp(.v4, 20_000)), ethernet(random.tcp(.v6, 4_000)),
      ethernet(ipv4(17, udpDatagram(.v4, random.bytes(4_000)))), ethernet(0x88CC, random.bytes(2_000)),
    ]
    var frames = (0..<6_000).map { number in
      let datagram = udpDatagram(.v4, from: UInt16(number % 64 + 1_000), random.bytes(random.pick([20, 200, 500])))
      return ethernet(0x0800, tags: number % 10 == 0 ? [(0x8100, 1)] : [], ipv4(17, datagram))
    }
    for (index, frame) in rare.enumerated() {
      for position in stride(from: index, to: frames.count, by: 1_000) { frames.insert(frame, at: position) }
    }
    return pcapFile(linkType: 1, frames)
  }

  @Test(arguments: [1, 3]) func aMillionFrames(collectors: Int) throws {
    let rig = try Rig(collectors: collectors, mode: collectors > 1 ? .copy : .balance, mtu: 1_500)
    let repeater = Repeater(rig.pipeline, times: collectors > 1 ? 30 : 300)
    try withTemporaryFile(file()) { try CaptureFile.read($0, into: repeater) }
    #expect(repeater.frames > (collectors > 1 ? 100_000 : 1_000_000))
    #expect(repeater.allocations == 0, "\(repeater.allocations) in \(repeater.frames) frames")
    #expect(rig.counters.isBalanced)
    #expect(rig.counters.capture.segmented > 0 && rig.counters.capture.fragmented > 0)
    #expect(rig.counters.capture.checksumsFilled > 0 && rig.counters.capture.truncated > 0)
  }

  /// With every flow rule on: the table was there before.
  @Test func flowsAreFollowedWithoutAny() throws {
    var rules = FlowRules()
    (rules.encrypted, rules.depth, rules.side, rules.tableByteCount) = (.handshake, 10_000, .accepted, 1 << 20)
    let rig = try Rig(mtu: 1_500, flows: rules)
    var random = SeededGenerator(seed: 112)
    let made = TLSFlowTests.connection(&random, records: 100)
    let stream = try FlowStream(rules)
    var frames = [stream.frame(.init(side: .client, offset: 0, payload: made.client.slice(0, 2_000), acknowledged: 0))]
    for piece in cut(made.server, upTo: 1_400, &random) {
      frames.append(
        stream.frame(.init(side: .server, offset: piece.offset, payload: piece.payload, acknowledged: 2_000)))
    }
    let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)
    let web = try FlowStream(rules, clientPort: 41_000)
    frames.append(web.frame(.init(side: .client, offset: 0, payload: request, acknowledged: 0)))
    let response = Array("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n".utf8) + random.bytes(2_000_000)
    for piece in cut(response, upTo: 1_400, &random) {
      frames.append(
        web.frame(.init(side: .server, offset: piece.offset, payload: piece.payload, acknowledged: request.count)))
    }
    let repeater = Repeater(rig.pipeline, times: 30)
    try withTemporaryFile(pcapFile(linkType: 1, frames)) { try CaptureFile.read($0, into: repeater) }
    #expect(repeater.frames > 20_000)
    #expect(repeater.allocations == 0, "\(repeater.allocations) in \(repeater.frames) frames")
    #expect(rig.counters.isBalanced && rig.counters.capture.withheldDepth > 0)
  }
}
