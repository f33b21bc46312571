import Capture
import TestSupport
import Testing
import Wire

@testable import Mirror

/// Every frame that a rule withholds is counted, in frames and bytes; `Rig` checks the identity.
@Suite(.timeLimit(.minutes(1))) struct FlowAccountTests {
  private static let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)

  private func response(_ random: inout SeededGenerator, _ count: Int) -> [UInt8] {
    Array("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n".utf8) + random.bytes(count)
  }

  /// A super-frame across the border is cut at a segment: what is sent is the stream up to there, with right checksums.
  @Test(arguments: [9_000, 1_500], [true, false]) func aSuperFrameAtTheBorder(mtu: Int, hasMetadata: Bool) throws {
    var random = SeededGenerator(seed: 5_001)
    var rules = FlowRules()
    rules.depth = 20_000
    let rig = try Rig(mtu: mtu, flows: rules)
    let stream = try FlowStream(rules)
    let response = response(&random, 300_000)
    var frames = [TestFrame(stream.frame(.init(side: .client, offset: 0, payload: Self.request, acknowledged: 0)))]
    for offset in stride(from: 0, to: response.count, by: 60_816) {
      let piece = FlowStream.Piece(
        side: .server, offset: offset, payload: response.slice(offset, min(60_816, response.count - offset)),
        acknowledged: Self.request.count, flags: TCPHeader.ack | TCPHeader.psh)
      var frame = TestFrame(stream.frame(piece))
      if hasMetadata { (frame.offload.kind, frame.offload.segmentSize) = (.tcp, 1_448) }
      frames.append(frame)
    }
    let received = try rig.sendToOne(frames).dropFirst()
    let payloads = received.map { Array($0.dropFirst(54)) }
    let sent = payloads.flatMap { $0 }
    #expect((18_000...22_000 + 1_448).contains(sent.count), "\(sent.count)")
    #expect(sent == response.slice(0, sent.count))
    if hasMetadata { #expect(sent.count % 1_448 == 0) }
    for frame in received {
      #expect(frame[47] & TCPHeader.psh == 0, "more follows")
      let segment = Array(frame.dropFirst(34))
      #expect(NaiveChecksum.sum(Addresses.v4.reversed.pseudoHeader(6, segment.count) + segment) == 0xFFFF)
    }
    let capture = rig.counters.capture
    #expect(rig.counters.send.forwardedFrames == 2 && capture.withheldDepth == UInt64(frames.count - 2))
    let whole = frames[2...].reduce(0) { $0 + $1.bytes.count }
    #expect(capture.withheldDepthBytes == UInt64(whole + 60_816 - sent.count))
  }

  /// Frames that are no super-frames are mirrored whole or not at all.
  @Test func aFrameAtTheBorder() throws {
    var random = SeededGenerator(seed: 5_002)
    var rules = FlowRules()
    rules.depth = 10_000
    let rig = try Rig(mtu: 9_000, flows: rules)
    let stream = try FlowStream(rules)
    let response = response(&random, 40_000)
    var frames = [TestFrame(stream.frame(.init(side: .client, offset: 0, payload: Self.request, acknowledged: 0)))]
    for piece in cut(response, upTo: 1_400, &random) {
      frames.append(
        TestFrame(
          stream.frame(
            .init(side: .server, offset: piece.offset, payload: piece.payload, acknowledged: Self.request.count))))
    }
    let received = try rig.sendToOne(frames)
    #expect(received == frames.prefix(received.count).map(\.bytes))
    #expect(rig.counters.capture.withheldDepth == UInt64(frames.count - received.count))
    let withheld = frames.dropFirst(received.count).reduce(0) { $0 + $1.bytes.count }
    #expect(rig.counters.capture.withheldDepthBytes == UInt64(withheld) && withheld > 28_000)
  }

  /// The heaviest flow is handed to the filter, and is the filter's business from then on.
  @Test func aHeavyFlowGoesToTheFilter() throws {
    var random = SeededGenerator(seed: 5_003)
    var rules = FlowRules()
    rules.encrypted = .handshake
    let stream = try FlowStream(rules)
    let made = TLSFlowTests.connection(&random, records: 20, alerts: false)
    _ = stream.judge(.init(side: .client, offset: 0, payload: made.client, acknowledged: 0))
    _ = stream.judge(.init(side: .server, offset: 0, payload: made.server, acknowledged: made.client.count))
    var offset = made.server.count
    func data(_ first: UInt8 = 23) -> FlowStream.Piece {
      .init(
        side: .server, offset: offset, payload: [first, 3, 3] + bigEndian(UInt16(16_000)) + random.bytes(16_000),
        acknowledged: made.client.count)
    }
    #expect(stream.chooseHeavy() == nil)
    for _ in 0..<70 {
      #expect(stream.judge(data()).isWithheld)
      offset += 16_005
    }
    let chosen = try #require(stream.chooseHeavy())
    #expect(chosen.count == 2)
    let server = try #require(chosen.first { $0.ports >> 16 == 443 })
    let number = UInt32(1 + offset)
    #expect(server.sequence.contains(number) && !server.sequence.contains(number &+ 1 << 30))
    #expect(server.acknowledgment.contains(UInt32(1 + made.client.count)) && server.exception == .records)
    stream.applyHeavy(2, since: 1_000)
    #expect(stream.heavyCounts == [1, 2])
    // What was captured before says nothing, what is captured from then on how much was not.
    let before = stream.kernelWithheldBytes
    #expect(stream.judge(stream.frame(data()), timestamp: 999).isWithheld)
    #expect(stream.kernelWithheldBytes == before)
    offset += 3_000_000
    #expect(stream.judge(stream.frame(data()), timestamp: 1_001).isWithheld)
    #expect(stream.kernelWithheldBytes == before + 3_000_000 - 16_005)
    // An alert is mirrored, as the filter lets it pass.
    #expect(stream.judge(stream.frame(data(21)), timestamp: 1_002).isMirrored)
    _ = stream.chooseHeavy()
    stream.applyHeavy(2, since: 1_500)
    // It falls silent: the filter forgets it, and what comes then is not known.
    stream.begin(60_000_000_000)
    #expect(stream.chooseHeavy() == [])
    stream.applyHeavy(0, since: 2_000)
    offset += 16_005
    #expect(stream.judge(data()).isMirrored)
    #expect(stream.chooseHeavy() == nil)
  }

  /// The filter has room for one direction only, or for nothing.
  @Test func aFilterWithoutRoom() throws {
    var random = SeededGenerator(seed: 5_004)
    var rules = FlowRules()
    rules.depth = 1_024
    let stream = try FlowStream(rules)
    _ = stream.judge(.init(side: .client, offset: 0, payload: Self.request, acknowledged: 0))
    let response = response(&random, 5_000_000)
    func piece(_ offset: Int) -> FlowStream.Piece {
      .init(
        side: .server, offset: offset, payload: response.slice(offset, min(30_000, response.count - offset)),
        acknowledged: Self.request.count)
    }
    for offset in stride(from: 0, to: 1_200_000, by: 30_000) { _ = stream.judge(piece(offset)) }
    let chosen = try #require(stream.chooseHeavy())
    #expect(chosen.count == 1)
    // Up to a frame's length before the body's end, and what answers this request only.
    let end = UInt32(1 + response.count)
    #expect(chosen[0].sequence.contains(UInt32(1 + 1_200_000)))
    for back: UInt32 in [0, 1, 500_000, 1 << 20 - 1] { #expect(!chosen[0].sequence.contains(end - back)) }
    let asked = UInt32(1 + Self.request.count)
    #expect(chosen[0].acknowledgment.contains(asked) && !chosen[0].acknowledgment.contains(asked + 1))
    stream.applyHeavy(0, since: 0)
    #expect(stream.heavyCounts == [0, 0])
    for offset in stride(from: 1_200_000, to: response.count, by: 30_000) {
      #expect(stream.judge(piece(offset)).isWithheld)
    }
    #expect(stream.kernelWithheldBytes == 0)
  }
}
