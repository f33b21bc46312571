import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Mirrored frames that come back: what no filter on one host can know ends by itself, and is said.
  @Suite struct Loops {
    private func environment(_ engine: Engine, _ more: [String: String]) -> [String: String] {
      let common = [
        "BPF_FILTER": "udp", "STAT_FORMAT": "json", "STAT_DURATION": "1", "CAPTURE": engine.rawValue,
      ]
      return common.merging(more) { $1 }
    }

    /// A mirrors to B, and B to A.
    @Test(arguments: Engine.allCases) func twoHostsMirrorToEachOther(_ engine: Engine) throws {
      try withTestbed(trafficMTU: 9001) { testbed in
        let hosts = [(testbed.app, Testbed.Address.peer), (testbed.peer, Testbed.Address.app)]
        let forwarders = try hosts.map { host, other in
          try Forwarder(environment(engine, ["INTERFACE": "eth0", "DESTINATION": other]), testbed: testbed, host: host)
        }
        try testbed.runScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "20", "200", "0"], in: testbed.peer)
        for forwarder in forwarders {
          try eventually("the loop to be named: \(forwarder.process.errorOutput)", within: 2) {
            forwarder.process.errorOutput.contains("a mirroring loop")
          }
        }
        let totals = try forwarders.map { try $0.stopWithTotal() }
        for total in totals {
          #expect(total.droppedPackets.loop > 0)
          #expect(total.capturedPackets < 500, "\(total)")
        }
      }
    }

    /// The way to the collector is a tunnel whose packets are captured too, and nobody can see what is in them.
    @Test(arguments: Engine.allCases) func anEncryptedTunnelBelow(_ engine: Engine) throws {
      try withTestbed(trafficMTU: 1500) { testbed in
        _ = try testbed.startScript("tunnel.py", ["sink", "51820"], in: testbed.peer)
        _ = try testbed.startScript(
          "tunnel.py", ["tun0", "10.9.0.1/24", Testbed.Address.peer, "51820"], in: testbed.app)
        let forwarder = try Forwarder(
          environment(engine, ["INTERFACE": "any", "DESTINATION": "10.9.0.2"]), testbed: testbed)
        let traffic = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "0", "200", "200"], in: testbed.peer)
        let flow = "UDP \(Testbed.Address.app):51820 > \(Testbed.Address.peer):51820"
        try eventually("the loop to be named: \(forwarder.process.errorOutput)", within: 6) {
          forwarder.process.errorOutput.contains("a mirroring loop: frames of \(flow)")
        }
        // What is sent from then on is the traffic, and no more of the tunnel's packets.
        let before = forwarder.process.output.split(separator: "\n").count
        try eventually("two more intervals") { forwarder.process.output.split(separator: "\n").count >= before + 3 }
        traffic.terminate()
        let lines = try StatisticsLine.lines(of: try forwarder.stop())
        let later = lines[before + 1].counters
        #expect(later.droppedPackets.loop > 0)
        #expect(later.forwardedPackets < 400, "\(later)")
        #expect(try #require(lines.last).total.isBalanced)
      }
    }
  }
}
