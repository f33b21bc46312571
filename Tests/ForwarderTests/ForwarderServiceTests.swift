import Capture
import Glibc
import Logging
import Synchronization
import System
import TestSupport
import Testing
import Transport

@testable import Forwarder

/// The service with an engine of the tests, to collectors on loopback. Nothing here needs a privilege.
@Suite(.timeLimit(.minutes(1))) final class ForwarderServiceTests: Sendable {
  private let resolver = ScriptedResolver()
  private let log = Lines()
  private let output = Lines()
  private let engines = Mutex<[FakeEngine]>([])
  private let refusals = Mutex(0)
  private let frame = ethernet(ipv4(.v4, 17, udpDatagram(.v4, [UInt8](repeating: 7, count: 40))))

  /// The engine of the first worker.
  private var engine: FakeEngine? { engines.withLock { $0.first } }

  private func service(to hosts: [Destination], workers: Int = 1) throws -> ForwarderService {
    var settings = Settings(destinations: hosts)
    settings.sourcePorts = 1
    settings.statDuration = 0
    settings.resolveInterval = 1
    settings.workers = workers
    settings.capture = .ring
    // Other tests run forwarders in this network namespace.
    let guardPrefix = "service-test-\(UInt32.random(in: 0 ... .max))/"
    let parts = ForwarderService.Parts(loopGuard: LoopGuard(prefix: guardPrefix), resolve: resolver.resolve) { _ in
      { [self] (plan, _, _) throws(CaptureError) in open(plan) }
    }
    let output = output
    return try ForwarderService(settings, logger: log.logger, parts: parts) { output.append($0) }
  }

  private func open(_ plan: CapturePlan) -> FakeEngine {
    let engine = FakeEngine(plan, frame: frame)
    let refusals = refusals.withLock { $0 }
    engine.state.withLock { $0.refusals = refusals }
    engines.withLock { $0.append(engine) }
    return engine
  }

  private func stop(_ service: ForwarderService) -> String? { service.stop(by: MonotonicClock.milliseconds + 20_000) }

  /// With an address the very first filter keeps out what will be sent, and the last line comes after the last batch.
  @Test(arguments: [1, 3]) func startsAndStopsInOrder(workers: Int) throws {
    let sink = try UDPSink()
    let service = try service(to: [Destination(host: "127.0.0.1", port: sink.port)], workers: workers)
    resolver.set("127.0.0.1", [.loopback(sink.port)])
    try service.start()
    let all = engines.withLock { $0 }
    #expect(all.count == workers)
    for engine in all { #expect(engine.state.withLock { $0.excluded } == [sink.port]) }
    #expect(sink.receive(3).count == 3)
    #expect(log.contain("info packet-forwarder", "(fake)", "sending to 127.0.0.1:\(sink.port)"))
    #expect(output.all.isEmpty)
    #expect(stop(service) == nil)
    for engine in all { #expect(engine.state.withLock { $0.deadline } != nil) }
    #expect(output.all.count == 1)
    let counters = service.counters
    #expect(counters.isBalanced && counters.send.sentDatagrams >= 3)
    #expect(counters.kernelDropped == UInt64(7 * workers))
    #expect(service.counters.capture == counters.capture, "nothing is captured any more")
  }

  /// While the engine refuses the filter that keeps a collector out, not one datagram goes there.
  @Test func nothingIsSentBeforeTheFilterIsInForce() throws {
    let sink = try UDPSink()
    refusals.withLock { $0 = .max }
    let service = try service(to: [Destination(host: "collector")])
    try service.start()
    defer { _ = stop(service) }
    let engine = try #require(engine)
    #expect(eventually { service.counters.capture.droppedNoDestination > 0 })
    resolver.set("collector", [.loopback(sink.port)])
    service.reload()
    #expect(eventually { engine.state.withLock { $0.tries } == 2 })
    #expect(engine.state.withLock { $0.excluded } == [] && sink.isEmpty)
    #expect(log.contain("error", "the capture filter was not replaced"))
    engine.state.withLock { $0.refusals = 0 }
    #expect(eventually { engine.state.withLock { $0.excluded } == [sink.port] || !sink.isEmpty })
    #expect(engine.state.withLock { $0.excluded } == [sink.port])
    #expect(sink.receive(1).count == 1)
    #expect(eventually { service.counters.send.sentDatagrams > 0 })
  }

  /// A start does not wait for a name for ever, and the answer that comes later is used.
  @Test func aNameThatIsNotKnownAtFirstIsUsedOnceItIs() throws {
    let sink = try UDPSink()
    let service = try service(to: [Destination(host: "collector")])
    try service.start()
    defer { _ = stop(service) }
    #expect(log.contain("warning", "DESTINATION collector has no address: no answer; trying again"))
    #expect(log.contain("warning no collector: frames are dropped and counted"))
    let questions = resolver.questions
    resolver.set("collector", [.loopback(sink.port)])
    // Nobody asks for it: names that fail are looked up again.
    #expect(sink.receive(1, patience: 20_000).count == 1)
    #expect(resolver.questions > questions)
    #expect(eventually { log.contain("info packet-forwarder", "sending to 127.0.0.1:\(sink.port)") })
  }

  @Test func collectorsChangeWhileItRuns() throws {
    let (one, other) = (try UDPSink(), try UDPSink())
    resolver.set("collector", [.loopback(one.port)])
    let service = try service(to: [Destination(host: "collector")], workers: 2)
    try service.start()
    #expect(one.receive(1).count == 1)
    resolver.set("collector", [.loopback(other.port)])
    service.reload()
    #expect(other.receive(1, patience: 20_000).count == 1)
    for engine in engines.withLock({ $0 }) { #expect(engine.state.withLock { $0.excluded } == [other.port]) }
    #expect(eventually { log.contain("notice sending to 127.0.0.1:\(other.port)") })
    // Both workers have moved once each has sent to the other.
    #expect(stop(service) == nil)
    let accounts = service.directory.reports
    #expect(Set(accounts.map(\.address)) == [.loopback(one.port), .loopback(other.port)])
    #expect(accounts.reduce(0) { $0 + $1.sentDatagrams } == service.counters.send.sentDatagrams)
  }

  @Test func whatCannotWorkFailsTheStart() throws {
    var settings = Settings(destinations: [Destination(host: "127.0.0.1", port: 9)])
    settings.filter = "no such filter"
    let service = try ForwarderService(settings, logger: log.logger) { _ in }
    #expect(throws: CaptureError.self) { try service.start() }
  }

  /// One that is told to end while it starts waits for no name; one that was told before does not wait at all.
  @Test func aStopEndsTheWaitForACollector() throws {
    let service = try service(to: [Destination(host: "collector")])
    let limit = TimeLimit(milliseconds: 50_000)
    let end = try Event()
    end.set()
    service.waitForCollectors(milliseconds: 50_000, unless: end.descriptor)
    let started = try Event()
    try BackgroundThread.run(name: "stop") {
      started.wait(milliseconds: -1)
      _ = service.stop(by: MonotonicClock.milliseconds)
    }
    started.set()
    service.waitForCollectors(milliseconds: 50_000, unless: -1)
    #expect(limit.left > 0)
    #expect(eventually { output.all.count == 1 })
  }

  /// A worker that does not carry out its orders keeps nobody waiting after the end has begun.
  @Test func aStopEndsTheWaitForFilters() throws {
    let sink = try UDPSink()
    refusals.withLock { $0 = .max }
    let service = try service(to: [Destination(host: "collector")])
    try service.start()
    let engine = try #require(engine)
    resolver.set("collector", [.loopback(sink.port)])
    service.reload()
    #expect(eventually { engine.state.withLock { $0.tries } > 0 })
    #expect(stop(service) == nil)
    #expect(sink.isEmpty && service.counters.send.sentDatagrams == 0)
  }
}
