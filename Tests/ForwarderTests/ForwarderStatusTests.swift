import Logging
import Mirror
import System
import Synchronization
import Telemetry
import Testing
import Transport

@testable import Forwarder

/// What the service says of a moment.
@Suite struct ForwarderStatusTests {
  private func service(_ change: (inout Settings) -> Void = { _ in }) throws -> ForwarderService {
    var settings = Settings(destinations: [Destination(host: "127.0.0.1", port: 4_789)])
    settings.interfaces = .named(["lo", "eth9"])
    settings.capture = .ring
    settings.vni = 77
    settings.workers = 2
    change(&settings)
    return try ForwarderService(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { _ in }
  }

  @Test func beforeTheStartNothingIsCapturedAndThereIsNoCollector() throws {
    let before = WallClock.nanosecondsSince1970
    let status = try service().snapshot
    #expect(status.version == Version.current)
    #expect(status.host == HostName.current)
    #expect((before...WallClock.nanosecondsSince1970).contains(status.time))
    #expect((0..<60_000).contains(status.uptime))
    #expect(status.interface == "lo,eth9")
    #expect(status.engine == "ring")
    #expect(status.mtu == nil)
    #expect(status.vni == 77)
    #expect(status.areCapturing == [false, false])
    #expect(status.collectors.isEmpty)
    #expect(status.counters.capture.captured == 0)
  }

  /// A collector has its account and the path of the moment; one that is no longer sent to keeps the account only.
  @Test func collectorsHaveTheirPathAndTheirLastError() throws {
    let service = try service { $0.mtu = 1_500 }
    #expect(service.directory.refresh())
    let address = try #require(SocketAddress(numeric: "127.0.0.1", port: 4_789))
    let collector = try #require(service.snapshot.collectors.first)
    #expect(collector.report == CollectorReport(address: address))
    #expect(try #require(collector.pathMTU) > 1_500)
    #expect(service.snapshot.mtu == 1_500)
    service.directory.state.withLock { $0.paths = [:] }
    let left = try #require(service.snapshot.collectors.first)
    #expect(left.report.address == address)
    #expect(left.pathMTU == nil)
    #expect(service.snapshot.mtu == nil)
  }

  @Test func engineIsThatOfAWorkerThatCaptures() throws {
    let service = try service { $0.capture = .auto }
    #expect(service.snapshot.engine == "auto")
    service.workers[1].state.withLock { $0 = Worker.State(isCapturing: true, engine: "libpcap") }
    #expect(service.snapshot.engine == "libpcap")
    #expect(service.snapshot.areCapturing == [false, true])
  }
}
