import Capture
import Mirror
import System
import Telemetry
import Testing
import Transport

extension Fixture {
  /// A forwarder about which everything is known, no figure twice.
  static func fullStatus() throws -> ForwarderStatus {
    let reports = try collectors(2_000_000)
    var status = status(counters(2_000_000), reports, interface: "eth0", host: "app-1")
    status.uptime = 93_784_000
    status.flowShare = 0.125
    status.task = task
    status.processID = 4_711
    status.destination = "collector:4789"
    status.filter = "tcp port 8080"
    status.filterInstructions = 61
    status.workers = [.init(index: 0, isCapturing: true, turnAge: 113)]
    status.workers[0].rings = RingUse.Pair(
      hot: RingUse(byteCount: 2 << 20, usedByteCount: 3 << 20, peakByteCount: 4 << 20),
      reserve: RingUse(byteCount: 30 << 20, usedByteCount: 6 << 20, peakByteCount: 7 << 20))
    status.interfaces = [
      .init(name: "eth0", linkType: "EN10MB", state: "captured"),
      .init(name: "wlan0", linkType: nil, state: "lost", trouble: "it is gone"),
    ]
    status.destinations = [
      .init(name: "collector:4789", addresses: ["192.0.2.1:4789"], answerAge: 1_234, failure: "no answer")
    ]
    status.collectors[0].pathMTU = 8_951
    status.collectors[0].sourcePorts = "49152-49155"
    status.collectors[0].names = ["collector:4789"]
    status.collectors[0].report.lastErrorTime = 1_700_000_001_000_000_000
    status.recent = .init(counters: counters(1_000_000), milliseconds: 1_001)
    status.kernelWithheldFlows = 17
    status.lostLines = .init(log: 88, statistics: 99)
    status.flows = [.init(name: "TCP 192.0.2.7:1000 > 192.0.2.8:80", bytesPerSecond: 12_500_000)]
    return status
  }
}
