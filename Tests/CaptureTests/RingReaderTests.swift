import CLinux
import Glibc
import System
import Testing

@testable import Capture

/// Both engines on the loopback interface of this machine, with consumers that are slow: what passed the filter is
/// handed over or counted. Needs CAP_NET_RAW.
@Suite(.enabled(if: canCapture, "packet sockets are not allowed here"), .serialized) struct FinishTests {
  private final class SlowConsumer: FrameConsumer {
    var frames: UInt64 = 0
    let microseconds: UInt32

    init(microseconds: UInt32) { self.microseconds = microseconds }

    func consume(_ batch: borrowing FrameBatch) {
      frames += UInt64(batch.count)
      usleep(microseconds)
    }
  }

  /// An engine that has seen `count` datagrams and dropped none. A machine so slow that the buffer's time runs out while
  /// they are sent gets another try.
  private func engine(
    _ name: String, holding count: Int, port: UInt16, _ consumer: any FrameConsumer
  ) throws -> any CaptureEngine {
    var plan = plan("udp dst port \(port)")
    plan.interfaces = .named(["lo"])
    plan.bufferByteCount = 64 << 20
    for _ in 0..<10 {
      let engine: any CaptureEngine =
        name == "ring"
        ? try RingEngine(plan, fanoutGroup: nil) { _ in }
        : try PcapEngine(plan, consumer: consumer) { _ in }
      try send(count, port: port)
      if engine.kernelDropped == 0 { return engine }
    }
    throw CaptureError.failed(operation: "filling the buffer", reason: "the machine is too slow")
  }

  /// Sends `count` datagrams of 900 bytes to `port`, where nobody listens, from a socket that is not connected.
  private func send(_ count: Int, port: UInt16) throws {
    let address = try #require(SocketAddress(numeric: "127.0.0.1", port: port))
    let sender = try OwnedDescriptor.socket(AF_INET, .datagram)
    let payload = [UInt8](repeating: 7, count: 900)
    for _ in 0..<count { try sender.send(payload, to: address) }
  }

  @Test(arguments: ["ring", "libpcap"], [0, 20, 5_000]) func allAreAccountedFor(
    name: String, milliseconds: Int64
  ) throws {
    let port = UInt16(40_000 + (name == "ring" ? 0 : 10_000) + Int(milliseconds))
    let consumer = SlowConsumer(microseconds: milliseconds == 5_000 ? 0 : 15_000)
    let engine = try engine(name, holding: 4_000, port: port, consumer)
    let start = MonotonicClock.milliseconds
    engine.finish(into: consumer, by: start + milliseconds)
    let duration = MonotonicClock.milliseconds - start
    // One block or one round more than the deadline, and for libpcap the time to count.
    #expect(duration < (milliseconds == 5_000 ? 3_000 : milliseconds + 400))
    #expect(consumer.frames + engine.kernelDropped == 4_000)
    if milliseconds == 0 { #expect(consumer.frames == 0) }
    if milliseconds == 20 { #expect(consumer.frames > 0 && engine.kernelDropped > 0) }
    if milliseconds == 5_000 { #expect(engine.kernelDropped == 0) }
  }

  /// A load that does not end must not keep the caller's other work waiting.
  @Test(arguments: ["ring", "libpcap"]) func oneTurnIsBounded(name: String) throws {
    let port: UInt16 = name == "ring" ? 41_000 : 41_001
    let consumer = SlowConsumer(microseconds: 0)
    let engine = try engine(name, holding: 4_000, port: port, consumer)
    let wakeUp = try EventDescriptor()
    while consumer.frames == 0 {
      try engine.capture(into: consumer, wakeDescriptor: wakeUp.descriptor, timeoutMilliseconds: 100)
    }
    #expect(consumer.frames <= 2_500)
    engine.finish(into: consumer, by: MonotonicClock.milliseconds + 5_000)
    #expect(consumer.frames == 4_000)
  }
}

/// Whether this process may open packet sockets.
private let canCapture: Bool = {
  let descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0)
  if descriptor >= 0 { close(descriptor) }
  return descriptor >= 0
}()
