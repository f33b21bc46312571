import Foundation
import Testing

/// How faults of the capture are injected, and what could be seen all the same.
enum CaptureFaults {
  /// Runs shell commands on the application's host while 3 seconds of datagrams come in, then checks what was captured:
  /// all but `tolerance`.
  static func duringTraffic(_ bench: FaultBench, _ commands: String, tolerance: Int = 200) throws {
    let traffic = try bench.testbed.startScript(
      "udp_sender.py", [Testbed.Address.app, "7000", "30000", "200", "10000"], in: bench.testbed.peer)
    try eventually("traffic") { try seen(bench) > 3_000 }
    try bench.testbed.app.run(["sh", "-c", commands])
    #expect(try traffic.wait(seconds: 20) == .status(0), "\(traffic.errorOutput)")
    try expectAllSeen(bench, tolerance: tolerance)
  }

  /// Datagrams that the application's host has received, for a port that nobody listens on.
  private static func seen(_ bench: FaultBench) throws -> Int {
    try bench.testbed.app.kernelCounter("UdpNoPorts")
  }

  /// What the host has received was captured, but for the moments between an interface that is up and a socket that is
  /// hooked in.
  static func expectAllSeen(_ bench: FaultBench, tolerance: Int = 200) throws {
    let seen = try seen(bench)
    var total = Counters.zero
    try eventually("\(seen) captured frames; the log says \(bench.forwarder.process.errorOutput), counted is \(total)")
    {
      total = try StatisticsLine.lines(of: bench.forwarder.process.output).last?.total ?? .zero
      return total.capturedPackets > seen - tolerance
    }
  }
}
