import Glibc
import System
import Testing
import Wire

@testable import Receiver

@Suite struct ProbeTests {
  private let probe = ProbeFrame(number: 7, packetByteCount: 1_500, token: 99)

  private func find(in bytes: [UInt8]) -> (frame: ProbeFrame, vni: UInt32)? { ProbeFrame.find(in: bytes.span.bytes) }

  private let sender = SenderAddress(ipv4: 0xC000_0201)

  @Test func theAnswerSaysWhatArrived() throws {
    var responder = ProbeResponder()
    for isTaken in [true, false] {
      let answered = responder.answer((probe, 5), byteCount: 1_472, to: sender, port: 50_000, isTaken: isTaken)
      let bytes = try #require(answered)
      let answer = try #require(find(in: bytes))
      #expect(answer.vni == 5)
      #expect(answer.frame == ProbeFrame(answering: probe, packetByteCount: 1_500, isTaken: isTaken))
    }
  }

  /// No datagram that is answered is shorter than its answer.
  @Test func nothingIsAmplified() throws {
    var responder = ProbeResponder()
    let shortest = probe.datagram(vni: 1)
    let answered = responder.answer((probe, 1), byteCount: shortest.count, to: sender, port: 50_000, isTaken: true)
    let answer = try #require(answered)
    #expect(answer.count <= shortest.count)
    #expect(find(in: Array(shortest.dropLast())) == nil)
  }

  @Test func answersAndLowPortsAreNotAnswered() {
    var responder = ProbeResponder()
    let answer = ProbeFrame(answering: probe, packetByteCount: 100, isTaken: true)
    let toAnswer = responder.answer((answer, 1), byteCount: 68, to: sender, port: 50_000, isTaken: true)
    let toService = responder.answer((probe, 1), byteCount: 68, to: sender, port: 53, isTaken: true)
    #expect(toAnswer == nil && toService == nil)
  }

  @Test func theRateIsBounded() {
    var responder = ProbeResponder()
    let start = MonotonicClock.nanoseconds
    func count(at now: Int64) -> Int {
      var answers = 0
      for _ in 0..<5 * ProbeResponder.perSecond
      where responder.answer((probe, 1), byteCount: 68, to: sender, port: 50_000, isTaken: true, now: now) != nil {
        answers += 1
      }
      return answers
    }
    #expect(count(at: start) == ProbeResponder.perSecond)
    #expect(count(at: start) == 0)
    #expect(abs(count(at: start + 250_000_000) - ProbeResponder.perSecond / 4) <= 1)
    #expect(count(at: start + 60_000_000_000) == ProbeResponder.perSecond)
  }

  /// Over the real socket, for IPv4 and IPv6: the answer comes back to the asking port, and no sink sees the probe.
  @Test(arguments: ["127.0.0.1", "::1"]) func aReceiverAnswers(_ host: String) throws {
    let loopback = try Loopback(host: nil, ReceivePlan(vnis: [5]))
    let socket = try OwnedDescriptor.socket(host.contains(":") ? AF_INET6 : AF_INET, .datagram)
    let receiver = try #require(SocketAddress(numeric: host, port: loopback.receiver.port))
    for vni in [5, 6] as [UInt32] {
      try socket.send(probe.datagram(vni: vni, byteCount: 200), to: receiver)
      try #require(Polling.isReady(.readable(socket.value), within: 10_000))
      var buffer = [UInt8](repeating: 0, count: 2_000)
      let count = recv(socket.value, &buffer, buffer.count, 0)
      try #require(count == VXLANHeader.byteCount + ProbeFrame.byteCount)
      let answer = try #require(find(in: Array(buffer.prefix(count))))
      #expect(answer.frame.isTaken == (vni == 5))
      #expect(Int(answer.frame.packetByteCount) == 200 + receiver.overhead)
    }
    loopback.receiver.stop()
    _ = try loopback.receiver.finished()
    #expect(loopback.frames.isEmpty)
    let counters = loopback.receiver.statistics.counters
    #expect(counters.datagrams == 2)
    #expect(counters.probes == 2)
    #expect(counters.frames == 0)
  }
}
