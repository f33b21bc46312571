import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// The network around a running forwarder changes: it carries on.
  @Suite struct Changes {
    private func environment(_ engine: Engine, _ more: [String: String]) -> [String: String] {
      let common = [
        "BPF_FILTER": "udp dst port 7000", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
        "STAT_FORMAT": "json", "CAPTURE": engine.rawValue, "RESOLVE_INTERVAL": "1",
      ]
      return common.merging(more) { $1 }
    }

    private func startTraffic(_ testbed: Testbed) throws -> Subprocess {
      try testbed.startScript(
        "udp_sender.py", [Testbed.Address.app, "7000", "0", "1400", "1000"], in: testbed.peer)
    }

    /// The route's MTU shrinks and grows again: the frames follow, none is lost.
    @Test(arguments: Engine.allCases) func pathMTU(_ engine: Engine) throws {
      try withTestbed { testbed in
        func setMTU(_ mtu: Int) throws {
          try testbed.app.run(
            ["ip", "route", "replace", "198.51.100.0/24", "dev", "mirror0", "mtu", String(mtu)])
        }
        func recorder(_ filter: String) throws -> Recorder {
          try Recorder(
            "mirror0", of: testbed.collector, filter: "udp port 4789 and \(filter)", testbed: testbed)
        }
        let all = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine, [:]), testbed: testbed)
        let traffic = try startTraffic(testbed)
        try eventually("whole frames") { try all.count() > 200 }
        try setMTU(1300)
        let small = try recorder("less 1314")
        try eventually("smaller frames") { try small.count() > 400 }
        try setMTU(9000)
        let large = try recorder("greater 1400")
        try eventually("whole frames again", within: 20) { try large.count() > 200 }
        traffic.terminate()
        let total = try forwarder.stopWithTotal()
        try Recorder.stop(all, small, large)
        #expect(total.droppedPackets.all == 0)
        #expect(total.fragmentedPackets > 100)

        let inner = Tshark(try all.mirror().innerPath, testbed: testbed)
        let payloads = try NumberedDatagrams.payloads(in: inner, filter: "ip")
        #expect(payloads.count == total.capturedPackets)
        #expect(payloads.sorted() == NumberedDatagrams.payloads(payloads.count, size: 1_400))
      }
    }

    /// An interface that goes down, or away, comes back under the same name.
    @Test(arguments: Engine.allCases, ["eth0", "any"]) func interfaceReturns(
      _ engine: Engine, interface: String
    ) throws {
      try withTestbed { testbed in
        let forwarder = try Forwarder(environment(engine, ["INTERFACE": interface]), testbed: testbed)
        for change in ["down", "away"] {
          if change == "down" {
            try testbed.app.run(["ip", "link", "set", "eth0", "down"])
            try testbed.app.run(["ip", "link", "set", "eth0", "up"])
          } else {
            try testbed.app.run(["ip", "link", "delete", "eth0"])
            try testbed.addTrafficLink(mtu: 1500)
          }
          let recorder = try testbed.recordMirror()
          let traffic = try startTraffic(testbed)
          try eventually("the mirror after the interface was \(change)", within: 15) {
            try recorder.count() > 100 || !forwarder.process.isRunning
          }
          #expect(forwarder.process.isRunning, "\(forwarder.process.errorOutput)")
          traffic.terminate()
        }
        try forwarder.stop()
      }
    }

    /// On `any` an interface that appears later is mirrored as well.
    @Test(arguments: Engine.allCases) func interfaceAppears(_ engine: Engine) throws {
      try withTestbed { testbed in
        try testbed.app.run(["ip", "link", "delete", "eth0"])
        let forwarder = try Forwarder(environment(engine, ["INTERFACE": "any"]), testbed: testbed)
        let recorder = try testbed.recordMirror()
        try testbed.addTrafficLink(mtu: 1500)
        let traffic = try startTraffic(testbed)
        try eventually("the mirror of the new interface") { try recorder.count() > 100 }
        traffic.terminate()
        try forwarder.stop()
      }
    }

    /// An interface of the list that comes up later is noticed although another one is never silent.
    @Test(arguments: Engine.allCases) func interfaceAppearsBesideABusyOne(_ engine: Engine) throws {
      try withTestbed { testbed in
        try testbed.app.run(["ip", "link", "add", "late0", "type", "veth", "peer", "name", "late1"])
        let forwarder = try Forwarder(environment(engine, ["INTERFACE": "eth0,late0"]), testbed: testbed)
        let traffic = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "0", "60", "0"], in: testbed.peer)
        try eventually("a busy interface") { try testbed.app.kernelCounter("UdpNoPorts") > 20_000 }
        try testbed.app.run(["ip", "link", "set", "late0", "up"])
        try testbed.app.run(["ip", "link", "set", "late1", "up"])
        try eventually("late0 to be open", within: 15) {
          forwarder.process.errorOutput.contains("interface late0 is open")
        }
        traffic.terminate()
        #expect(try forwarder.stopWithTotal().capturedPackets > 10_000)
      }
    }

    /// SAMPLE takes whole flows, in both directions, and every forwarder takes the same ones.
    @Test(arguments: Engine.allCases) func sampleTakesWholeFlows(_ engine: Engine) throws {
      try withTestbed(trafficMTU: 1500) { testbed in
        let ports = [4789, 4790]
        let recorders = try ports.map { try testbed.recordMirror(port: $0) }
        let forwarders = try zip(ports, ["eth0", "any"]).map { port, interface in
          let more = [
            "BPF_FILTER": "tcp port 8080", "SAMPLE": "4", "INTERFACE": interface,
            "DESTINATION": "\(Testbed.Address.collector):\(port)",
          ]
          return try Forwarder(environment(engine, more), testbed: testbed)
        }
        let file = try testbed.serveRandomFile(byteCount: 5_000)
        for _ in 0..<30 { try testbed.fetch(file, from: Testbed.Address.app) }
        try testbed.waitForClosedConnections()
        let totals = try forwarders.map { try $0.stopWithTotal() }
        try Recorder.stop(recorders[0], recorders[1])
        let flows = try zip(recorders, ports).map { recorder, port in
          let inner = Tshark(try recorder.mirror(port: port).innerPath, testbed: testbed)
          return try inner.fields(["tcp.srcport", "tcp.dstport", "tcp.flags.fin"], filter: "tcp")
        }
        for (rows, total) in zip(flows, totals) {
          let requests = Set(rows.filter { $0[1] == "8080" }.map { $0[0] })
          let responses = Set(rows.filter { $0[0] == "8080" }.map { $0[1] })
          #expect(requests == responses, "both directions")
          #expect(rows.filter { $0[2] == "1" }.count == 2 * requests.count, "each to its end")
          #expect((1...20).contains(requests.count), "about one in four of 30")
          #expect(total.droppedPackets.sample + total.forwardedPackets == total.capturedPackets)
          #expect(total.droppedPackets.sample == 0, "what SAMPLE leaves out is not captured")
        }
        #expect(Set(flows[0]) == Set(flows[1]))
      }
    }
  }
}
