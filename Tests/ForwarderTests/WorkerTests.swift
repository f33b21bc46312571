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
  private func plan(_ filter: String) -> CapturePlan {
    CapturePlan(
      interfaces: .any, filter: filter, exclusions: Exclusions(collectors: [], includesMetadata: true),
      snapLength: nil, bufferByteCount: 1 << 20)
  }

  private func worker(settled: EventDescriptor? = nil, _ open: @escaping Worker.Opener) throws -> Worker {
    try Worker(
      index: 0, plan: plan("udp"), collectors: CollectorSet([], mode: .balance),
      policy: Policy(vni: 1, oversize: .segment, segment: .mtu, checksum: .fill, mtu: nil), sample: 1,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, settled: settled, open: open)
  }

  /// Nothing counts as carried out before the filter is in force, and a second after a refusal it is tried again.
  @Test func aFilterThatIsRefused() throws {
    let engine = FakeEngine()
    let worker = try worker { (_, _, _) throws(CaptureError) in engine }
    try worker.start()
    #expect(eventually { worker.isSettled })
    engine.state.withLock { $0.refusals = 2 }
    let start = MonotonicClock.milliseconds
    worker.prepare(plan: plan("tcp"))
    #expect(eventually { engine.state.withLock { $0.tries } == 2 })
    #expect(!worker.isSettled && MonotonicClock.milliseconds - start >= 900)
    #expect(eventually { worker.isSettled })
    #expect(engine.state.withLock { $0.applied } == ["tcp"])
    #expect(MonotonicClock.milliseconds - start >= 1_900)
    let deadline = MonotonicClock.milliseconds + 77
    worker.stop(by: deadline)
    #expect(eventually { worker.status.hasEnded })
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
    #expect(eventually { opened.withLock { $0 } == 3 && worker.status.isCapturing })
    #expect(eventually { worker.counters.kernelDropped == 14 })
    #expect(worker.counters.blindMilliseconds >= 900)
    worker.stop()
    #expect(eventually { worker.status.hasEnded })
  }

  /// Whoever waits for a change to be carried out is woken, and by the end as well.
  @Test func aChangeThatIsCarriedOutIsSignalled() throws {
    let (engine, settled) = (FakeEngine(), try EventDescriptor())
    let worker = try worker(settled: settled) { (_, _, _) throws(CaptureError) in engine }
    try worker.start()
    let long = TimeLimit(milliseconds: 20_000)
    for filter in ["tcp", "icmp"] {
      worker.prepare(plan: plan(filter))
      #expect(settled.wait(long) { worker.isSettled })
    }
    worker.send(to: CollectorSet([], mode: .copy))
    #expect(settled.wait(long) { worker.isSettled })
    #expect(engine.state.withLock { $0.applied } == ["tcp", "icmp"], "new collectors need no new filter")
    engine.state.withLock { $0.refusals = .max }
    worker.prepare(plan: plan("refused"))
    worker.stop()
    #expect(settled.wait(long) { worker.isSettled }, "nothing is captured any more")
    #expect(worker.ended.wait(milliseconds: 20_000) && worker.status.hasEnded)
  }

  /// The start does not fail for an interface that is down; the worker has nothing to carry out until it is up.
  @Test func anInterfaceThatIsDownIsWaitedFor() throws {
    let engine = FakeEngine()
    let isUp = Atomic(false)
    let worker = try worker { (_, _, _) throws(CaptureError) in
      guard isUp.load(ordering: .relaxed) else { throw .interfaceDown(name: "eth0") }
      return engine
    }
    try worker.start()
    worker.prepare(plan: plan("tcp"))
    #expect(!worker.status.isCapturing && worker.isSettled)
    isUp.store(true, ordering: .relaxed)
    worker.send(to: CollectorSet([], mode: .balance))
    #expect(eventually { worker.status.isCapturing && worker.status.engine == "fake" })
    worker.stop()
    #expect(worker.ended.wait(milliseconds: 20_000))
    #expect(engine.state.withLock { $0.applied }.isEmpty, "it was opened with the plan of the moment")
  }

  @Test func whatCannotWorkFailsAtTheStart() throws {
    let worker = try worker { (_, _, _) throws(CaptureError) in throw .notPermitted }
    #expect(throws: CaptureError.notPermitted) { try worker.start() }
    #expect(!worker.status.isCapturing && !worker.ended.isSet)
  }
}
