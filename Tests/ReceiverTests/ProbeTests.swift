import Glibc
import System
import Testing
import Wire

@testable import Receiver

@Suite struct ProbeTests {
  private let probe = ProbeFrame(number: 7, packetByteCount: 1_500, token: 99)

  private func find(in bytes: [UInt8]) -> (frame: ProbeFrame, vni: UInt32)? { ProbeFrame.find(in: bytes.span.bytes) }

  private func address(_ port: UInt16) throws -> SocketAddress {
    try #require(SocketAddress(numeric: "192.0.2.1", port: port))
  }

  /// What is answered to one probe.
  private func answer(
    _ frame: ProbeFrame, vni: UInt32 = 1, byteCount: Int = 68, port: UInt16 = 50_000, isTaken: Bool = true
  ) throws -> [UInt8]? {
    var responder = ProbeResponder()
    let sender = try address(port)
    responder.take((frame, vni), byteCount: byteCount, from: sender, isTaken: isTaken)
    let answers = responder.takeAnswers()
    #expect(answers.allSatisfy { $0.address == sender })
    #expect(responder.takeAnswers().isEmpty, "each is given once")
    return answers.first?.bytes
  }

  @Test func theAnswerSaysWhatArrived() throws {
    for isTaken in [true, false] {
      let bytes = try #require(try answer(probe, vni: 5, byteCount: 1_472, isTaken: isTaken))
      let answer = try #require(find(in: bytes))
      #expect(answer.vni == 5)
      #expect(answer.frame == ProbeFrame(answering: probe, packetByteCount: 1_500, isTaken: isTaken))
    }
  }

  /// No datagram that is answered is shorter than its answer.
  @Test func nothingIsAmplified() throws {
    let shortest = probe.datagram(vni: 1)
    #expect(try #require(try answer(probe, byteCount: shortest.count)).count <= shortest.count)
    #expect(find(in: Array(shortest.dropLast())) == nil)
  }

  @Test func answersAndLowPortsAreNotAnswered() throws {
    #expect(try answer(ProbeFrame(answering: probe, packetByteCount: 100, isTaken: true)) == nil)
    #expect(try answer(probe, port: 53) == nil)
    var responder = ProbeResponder()
    responder.take((probe, 1), byteCount: 68, from: nil, isTaken: true)
    #expect(responder.takeAnswers().isEmpty)
  }

  @Test func theRateIsBounded() throws {
    var responder = ProbeResponder()
    let start = MonotonicClock.nanoseconds
    let sender = try address(50_000)
    func count(at now: Int64) -> Int {
      for _ in 0..<1_000 { responder.take((probe, 1), byteCount: 68, from: sender, isTaken: true, now: now) }
      return responder.takeAnswers().count
    }
    #expect(count(at: start) == ProbeResponder.perSecond)
    #expect(count(at: start) == 0)
    #expect((49...51).contains(count(at: start + 250_000_000)))
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
