import Foundation
import Glibc
import Mirror
import Synchronization
import System
import Telemetry
import Testing

@testable import Forwarder

/// Verdicts in the log, in HEALTH_FILE, and for whoever asks.
@Suite(.timeLimit(.minutes(1))) final class HealthMonitorTests: Sendable {
  private let log = Lines()
  private let time = Mutex<Int64>(5_000)
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("health-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false) }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private var path: String { "\(folder)/healthy" }
  private var exists: Bool { access(path, F_OK) == 0 }

  private func monitor(file: String?) throws -> HealthMonitor {
    let monitor = try HealthMonitor(
      healthFile: file, limits: HealthRules.Limits(statDuration: 1), logger: log.logger
    ) { [self] in time.withLock { $0 } }
    try monitor.begin()
    return monitor
  }

  /// A second later, with or without trouble.
  private func look(_ monitor: HealthMonitor, _ failure: String? = nil) {
    time.withLock { $0 += 1_000 }
    var status = ForwarderStatus(
      version: "", host: "", time: 0, uptime: 0, interface: "", engine: "", mtu: nil, vni: 1, areCapturing: [],
      collectors: [.init(report: .init(address: .loopback(9)), pathMTU: 1_500)], counters: Counters())
    status.workers = [.init(index: 0, isCapturing: failure == nil, turnAge: 0)]
    status.workers[0].captureFailure = failure
    monitor.look(status)
  }

  /// A service manager ends what says no more that it goes on: so only what a start anew would help is not said.
  @Test func onlyAStandstillIsForTheServiceManager() {
    let others: [HealthTrouble] = [
      .interfaceLost(name: "eth0", reason: ""), .captureLost(reason: ""), .filterClosed(reason: ""),
      .noDestination(reason: ""), .sendsFail(milliseconds: 90_000, reason: ""),
    ]
    #expect(others.filter(\.isCuredByRestart).isEmpty)
    let standstills: [HealthTrouble] = [.workerEnded(index: 0), .workerStalled(index: 0, milliseconds: 5_000)]
    #expect(standstills.filter(\.isCuredByRestart) == standstills)
  }

  @Test func verdictsAreSaidOnce() throws {
    let monitor = try monitor(file: nil)
    #expect(monitor.reason == "it has only just started")
    look(monitor)
    #expect(monitor.reason == nil && log.all.isEmpty)
    for _ in 0..<3 { look(monitor, "eth0 is down") }
    #expect(monitor.reason == "nothing is captured: eth0 is down")
    #expect(log.all == ["error unhealthy: nothing is captured: eth0 is down"])
    look(monitor, "eth0 is gone")
    look(monitor)
    #expect(log.all.dropFirst() == ["notice healthy again, after 4 s"])
    #expect(monitor.reason == nil)
    // Who looks has stopped as well.
    time.withLock { $0 += 6_000 }
    #expect(monitor.reason == "nobody has looked after it for 6 s")
    #expect(monitor.recent?.milliseconds == 1_000)
  }

  @Test func theFileIsThereWhileItIsHealthy() throws {
    try "old".write(toFile: path, atomically: false, encoding: .utf8)
    let monitor = try monitor(file: path)
    #expect(eventually { !exists }, "one of an earlier run says nothing")
    look(monitor)
    #expect(eventually { exists })
    look(monitor, "gone")
    #expect(eventually { !exists })
    look(monitor)
    #expect(eventually { exists })
    monitor.end(by: MonotonicClock.milliseconds + 10_000)
    #expect(!exists)
    look(monitor)
    #expect(!log.contain("HEALTH_FILE"))
  }

  @Test func aFileThatCannotBeKeptIsSaidOnce() throws {
    let nowhere = "\(folder)/nowhere"
    let monitor = try monitor(file: "\(nowhere)/healthy")
    for _ in 0..<3 { look(monitor) }
    #expect(eventually { log.contain("warning HEALTH_FILE=\(nowhere)/healthy cannot be kept: open(") })
    try FileManager.default.createDirectory(atPath: nowhere, withIntermediateDirectories: false)
    #expect(eventually { log.contain("notice HEALTH_FILE=\(nowhere)/healthy is kept again") })
    #expect(access("\(nowhere)/healthy", F_OK) == 0)
    #expect(log.all.count { $0.hasPrefix("warning HEALTH_FILE") } == 1)
    monitor.end(by: MonotonicClock.milliseconds + 10_000)
  }
}
