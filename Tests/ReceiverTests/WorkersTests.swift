import Foundation
import Synchronization
import System
import Testing
import Wire

@testable import Receiver

/// What several workers, several outputs and the filters make of real datagrams.
@Suite(.timeLimit(.minutes(1))) struct WorkersTests {
  private func frame(_ type: String, _ byteCount: Int = 60) -> [UInt8] {
    let head = hex("020000000002 020000000001 \(type)")
    return head + [UInt8](repeating: 0, count: byteCount - head.count)
  }

  /// What leaves one source port reaches one worker, whatever is inside, and several workers have work.
  @Test(arguments: ["127.0.0.1", "::1"]) func aPortStaysWithAWorker(host: String) throws {
    let workers = 4
    let receiver = try MirrorReceiver(listen: ListenAddress(host: host, port: 0), workers: workers)
    let perWorker = (0..<workers).map { _ in Collected() }
    let slots: [any FrameSlot] = perWorker.map { SinkSlot(CollectingSink(collected: $0)) }
    try receiver.start(
      ReceivePlan(limit: 64 * 20), into: [ReceiveOutput("test", slots: slots, onEnd: { _, _ in })])
    let senders = try (0..<64).map { _ in try Sender(host: host, port: receiver.port) }
    for number in 0..<20 {
      for (index, sender) in senders.enumerated() {
        sender.send(vxlan(vni: UInt32(index), frame("88b5") + [UInt8(number)]))
      }
    }
    #expect(try receiver.finished() == .limitReached)
    let seen = perWorker.map { Set($0.frames.map(\.vni)) }
    #expect(seen.reduce(0) { $0 + $1.count } == 64, "a port was seen by two workers")
    #expect(seen.filter { !$0.isEmpty }.count > 1)
    // In their order.
    for collected in perWorker {
      for frames in Dictionary(grouping: collected.frames, by: \.vni).values {
        #expect(frames.map { $0.bytes.last } == (0..<20).map { UInt8($0) })
      }
    }
    let statistics = receiver.statistics
    #expect(statistics.counters.frames == 64 * 20)
    #expect(statistics.senders.map(\.ports) == [64] && statistics.senders[0].datagrams == 64 * 20)
    #expect(statistics.senders[0].sender == SenderAddress(host))
  }

  /// The kernel hands over datagrams of one size together; what comes out are the datagrams.
  @Test(arguments: ["127.0.0.1", "::1"]) func aTrainIsTakenApart(host: String) throws {
    let received = try Loopback(host: host, ReceivePlan(limit: 40))
    let frames = (0..<40).map { frame("88b5", $0 == 39 ? 20 : 1_000) + [UInt8($0)] }
    received.sender.segment(at: 1_009)
    received.sender.send(frames.flatMap { vxlan(vni: 7, $0) })
    #expect(try received.receiver.finished() == .limitReached)
    #expect(received.frames.map(\.bytes) == frames)
    let counters = received.receiver.statistics.counters
    #expect(counters.datagrams == 40 && counters.bytes == UInt64(39 * 1_009 + 29))
    #expect(received.receiver.statistics.senders.map(\.datagrams) == [40])
  }

  @Test func onlySendersAskedForAreTaken() throws {
    let plan = ReceivePlan(senders: [try #require(SenderAddress("127.0.0.1"))], limit: 1)
    let received = try Loopback(host: nil, plan)
    for _ in 0..<3 { received.sender.send(vxlan(vni: 1, frame("88b5"))) }
    try Sender(host: "127.0.0.1", port: received.receiver.port).send(vxlan(vni: 2, frame("88b5")))
    #expect(try received.receiver.finished() == .limitReached)
    #expect(received.frames.map(\.vni) == [2])
    let statistics = received.receiver.statistics
    #expect(statistics.counters.otherSender == 3 && statistics.counters.datagrams == 4)
    #expect(statistics.senders.map(\.sender.description) == ["::1", "127.0.0.1"])
  }

  /// `len` is the frame's length as it was.
  @Test(arguments: [("arp", [1]), ("not arp", [2, 3]), ("len > 1000", [3]), ("", [1, 2, 3])])
  func onlyFramesThatMatchAreTaken(expression: String, vnis: [UInt32]) throws {
    let plan = ReceivePlan(filter: try InnerFilter(expression))
    let received = try Loopback(host: "127.0.0.1", plan)
    for (index, type) in ["0806", "88b5", "0800 4500 05dc"].enumerated() {
      received.sender.send(vxlan(vni: UInt32(index + 1), frame(type)))
    }
    received.receiver.stop()
    #expect(try received.receiver.finished() == .stopped)
    #expect(received.frames.map(\.vni) == vnis)
    let counters = received.receiver.statistics.counters
    #expect(counters.datagrams == 3 && counters.frames + counters.filtered == 3)
    #expect(counters.frames == UInt64(vnis.count) && counters.frameBytes == counters.frames * 60)
  }

  @Test func anExpressionThatIsNone() {
    let error = #expect(throws: InnerFilter.Failure.self) { _ = try InnerFilter("tcp prt 80") }
    #expect(error?.message.contains("syntax error") == true)
  }

  /// One output fails, is told of once, and the other has every frame.
  @Test func anOutputThatFailsLeavesTheOthers() throws {
    let receiver = try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0))
    let sender = try Sender(host: "127.0.0.1", port: receiver.port)
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let collected = Collected()
    let ends = Ends()
    let failing = ReceiveOutput("full", PcapngWriter(descriptor: full.fileDescriptor)) { ends.append($0, $1) }
    try receiver.start(
      ReceivePlan(limit: 500), into: [failing, ReceiveOutput("test", CollectingSink(collected: collected))])
    for _ in 0..<500 { sender.send(vxlan(vni: 1, frame("88b5", 1_400))) }
    #expect(try receiver.finished() == .limitReached)
    #expect(collected.frames.count == 500)
    #expect(ends.list == ["full failed(write: No space left on device)"])
    let counters = receiver.statistics.counters
    #expect(counters.frames == 500 && counters.undelivered == 0)
  }

  @Test func withoutAnOutputFramesAreCounted() throws {
    let receiver = try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0))
    try receiver.start(ReceivePlan(limit: 10), into: [])
    let sender = try Sender(host: "127.0.0.1", port: receiver.port)
    for _ in 0..<10 { sender.send(vxlan(vni: 1, frame("88b5"))) }
    #expect(try receiver.finished() == .limitReached)
    #expect(receiver.statistics.counters.frames == 10)
  }
}

/// What outputs were told to have ended by.
private final class Ends: Sendable {
  private let lines = Mutex<[String]>([])

  var list: [String] { lines.withLock { $0 } }

  func append(_ name: String, _ end: ReceiveOutput.End) { lines.withLock { $0.append("\(name) \(end)") } }
}
