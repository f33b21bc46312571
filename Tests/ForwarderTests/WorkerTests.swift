import Capture
import Glibc
import Logging
import Mirror
import Synchronization
import System
import Testing
import Transport

@testable import Forwarder

/// What a worker does with an engine that fails, in part or whole.
@Suite struct WorkerTests {
  /// An engine that captures nothing, refuses as many filters as it is told, and remembers what it was asked.
  private final class FakeEngine: CaptureEngine, Sendable {
    struct State {
      var refusals = 0
      var applied: [String] = []
      var tries = 0
      var failure: CaptureError?
      var deadline: Int64?
    }

    let state = Mutex(State())
    let name = "fake"
    var kernelDropped: UInt64 { 7 }
    var blindMilliseconds: UInt64 { 3 }

    func capture(into: any FrameConsumer, wakeDescriptor: CInt, timeoutMilliseconds: Int32) throws(CaptureError) {
      if let failure = state.withLock({ $0.failure }) { throw failure }
      usleep(1_000)
    }

    func apply(_ plan: CapturePlan) throws(CaptureError) {
      let isRefused = state.withLock { state in
        state.tries += 1
        guard state.tries > state.refusals else { return true }
        state.applied.append(plan.filter)
        return false
      }
      if isRefused { throw .failed(operation: "SO_ATTACH_FILTER", reason: "no memory") }
    }

    func finish(into consumer: any FrameConsumer, by deadline: Int64) { state.withLock { $0.deadline = deadline } }
  }

  private func plan(_ filter: String) -> CapturePlan {
    CapturePlan(
      interfaces: .any, filter: filter, exclusions: Exclusions(collectors: [], includesMetadata: true),
      snapLength: nil, bufferByteCount: 1 << 20)
  }

  private func worker(_ open: @escaping Worker.Opener) throws -> Worker {
    try Worker(
      index: 0, plan: plan("udp"), collectors: CollectorSet([], mode: .balance),
      policy: Policy(vni: 1, oversize: .segment, segment: .mtu, checksum: .fill, mtu: nil), sample: 1,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, open: open)
  }

  private func wait(_ seconds: Int64 = 5, for condition: () -> Bool) -> Bool {
    let end = MonotonicClock.milliseconds + seconds * 1_000
    while !condition(), MonotonicClock.milliseconds < end { usleep(1_000) }
    return condition()
  }

  /// Nothing counts as carried out before the filter is in force, and a second after a refusal it is tried again.
  @Test func aFilterThatIsRefused() throws {
    let engine = FakeEngine()
    let worker = try worker { (_, _, _) throws(CaptureError) in engine }
    try worker.start()
    #expect(wait { worker.isSettled })
    engine.state.withLock { $0.refusals = 2 }
    let start = MonotonicClock.milliseconds
    worker.prepare(plan: plan("tcp"))
    #expect(wait { engine.state.withLock { $0.tries } == 2 })
    #expect(!worker.isSettled && MonotonicClock.milliseconds - start >= 900)
    #expect(wait { worker.isSettled })
    #expect(engine.state.withLock { $0.applied } == ["tcp"])
    #expect(MonotonicClock.milliseconds - start >= 1_900)
    let deadline = MonotonicClock.milliseconds + 77
    worker.stop(by: deadline)
    #expect(wait { worker.status.hasEnded })
    #expect(engine.state.withLock { $0.deadline } == deadline)
    #expect(worker.counters.kernelDropped == 7 && worker.counters.blindMilliseconds == 3)
  }

  /// An engine that is gone is opened again when that is possible; what it dropped stays counted, and the time without
  /// one too.
  @Test func anEngineThatIsGone() throws {
    let (first, second) = (FakeEngine(), FakeEngine())
    let opened = Mutex(0)
    let worker = try worker { (_, _, _) throws(CaptureError) in
      let number = opened.withLock { count in
        count += 1
        return count
      }
      if number == 2 { throw .failed(operation: "bind", reason: "no memory") }
      return number == 1 ? first : second
    }
    try worker.start()
    first.state.withLock { $0.failure = .interfaceDown(name: "eth0") }
    #expect(wait { opened.withLock { $0 } == 3 && worker.status.isCapturing && worker.counters.kernelDropped == 14 })
    #expect(worker.counters.blindMilliseconds >= 900)
    worker.stop()
    #expect(wait { worker.status.hasEnded })
  }
}
