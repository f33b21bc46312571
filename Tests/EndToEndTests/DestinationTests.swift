import Foundation
import Glibc
import Testing

extension EndToEndBeside {
  /// Where the mirror goes to: ports, several addresses, and names whose answer changes.
  @Suite struct Destinations {
    private static let more = (3...6).map { "198.51.100.\($0)" }

    private func environment(_ destination: String, _ more: [String: String] = [:]) -> [String: String] {
      let common = [
        "BPF_FILTER": "udp dst port 7000", "DESTINATION": destination, "INTERFACE": "eth0",
        "STAT_FORMAT": "json",
      ]
      return common.merging(more) { $1 }
    }

    private func addAddresses(_ testbed: Testbed) throws {
      for address in Self.more {
        try testbed.collector.run(["ip", "address", "add", "\(address)/24", "dev", "mirror0"])
      }
    }

    private func send(_ count: Int, flows: Int = 1, perSecond: Int = 5_000, _ testbed: Testbed) throws {
      try NumberedDatagrams.send(
        count, size: 200, to: Testbed.Address.app, perSecond: perSecond, flows: flows, from: testbed.peer,
        testbed: testbed)
    }

    /// A port of one's own, by address and by name, over IPv4 and IPv6.
    @Test(arguments: ["198.51.100.2:8472", "[2001:db8:2::2]:8472", "\(Testbed.collectorName):8472"])
    func otherPort(_ destination: String) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror(port: 8472)
        let forwarder = try Forwarder(environment(destination, ["BPF_FILTER": ""]), testbed: testbed)
        try send(500, testbed)
        let total = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        let (mirror, innerPath) = try recorder.mirror(port: 8472)
        #expect(mirror.datagrams.count == total.sentDatagrams)
        let inner = Tshark(innerPath, testbed: testbed)
        #expect(try NumberedDatagrams.payloads(in: inner, filter: "ip").count == 500)
        #expect(try inner.count("udp.port==8472") == 0)
      }
    }

    /// Five addresses: each flow goes to one of them, all of them are used; `copy` sends everything to each.
    @Test(arguments: ["balance", "copy"]) func severalAddresses(_ mode: String) throws {
      try withTestbed { testbed in
        try addAddresses(testbed)
        let all = [Testbed.Address.collector] + Self.more
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(
          environment(all.joined(separator: ","), ["DESTINATION_MODE": mode]), testbed: testbed)
        try send(2_000, flows: 200, testbed)
        let total = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        let rows = try Tshark(recorder.path, testbed: testbed)
          .fields(["ip.dst", "udp.srcport"], filter: "vxlan", occurrence: "a")
          .map { $0.map { $0.split(separator: ",").map(String.init) } }
        var flowsOfAddress: [String: [String: Int]] = [:]
        for row in rows { flowsOfAddress[row[0][0], default: [:]][row[1][1], default: 0] += 1 }
        #expect(Set(flowsOfAddress.keys) == Set(all))
        let flows = flowsOfAddress.values.flatMap(\.keys)
        #expect(flowsOfAddress.values.flatMap(\.values).allSatisfy { $0 == 10 }, "each flow whole")
        if mode == "copy" {
          #expect(flows.count == 5 * 200)
          #expect(total.sentDatagrams == 5 * 2_000)
        } else {
          #expect(flows.count == 200)
          #expect(Set(flows).count == 200, "each flow at one address")
          #expect(total.sentDatagrams == 2_000)
        }
        #expect(total.forwardedPackets == 2_000)
      }
    }

    /// A name whose answer changes under load: from then on the new address gets everything, and nothing is lost.
    @Test func nameMoves() throws {
      try withTestbed { testbed in
        try addAddresses(testbed)
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(
          environment(Testbed.collectorName, ["RESOLVE_INTERVAL": "1"]), testbed: testbed)
        let traffic = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "0", "200", "2000"], in: testbed.peer)
        let moved = try Recorder(
          "mirror0", of: testbed.collector, filter: "udp port 4789 and dst host \(Self.more[0])",
          testbed: testbed)
        try eventually("traffic") { try testbed.collector.counter("rx_packets", of: "mirror0") > 500 }
        _ = try testbed.hosts([Self.more[0]])
        try eventually("traffic to the new address") { try moved.count() > 500 }
        traffic.terminate()
        let total = try forwarder.stopWithTotal()
        try Recorder.stop(recorder, moved)
        let numbers = NumberedDatagrams.numbers(try recorder.mirror().mirror).sorted()
        #expect(numbers == Array(0..<numbers.count), "nothing lost or repeated")
        #expect(numbers.count == total.capturedPackets)
      }
    }

    /// A name that nobody knows yet: the program stays up, and begins when the name appears.
    @Test func nameAppearsLater() throws {
      try withTestbed { testbed in
        let hosts = try testbed.hosts([])
        let process = try testbed.start(
          [try Tool.packetForwarder()], in: testbed.app,
          environment: environment(Testbed.collectorName, ["RESOLVE_INTERVAL": "1"]), hosts: hosts)
        try eventually("a complaint about the name") { process.errorOutput.contains(Testbed.collectorName) }
        #expect(process.isRunning)
        #expect(!process.errorOutput.contains("capturing"))
        _ = try testbed.hosts()
        try eventually("forwarder to capture: \(process.errorOutput)", within: 20) {
          process.errorOutput.contains("capturing")
        }
        let recorder = try testbed.recordMirror()
        try send(100, testbed)
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 2) == .status(0))
        try Recorder.stop(recorder)
        #expect(try recorder.mirror().mirror.datagrams.count == 100)
      }
    }

    /// SIGHUP looks the name up at once.
    @Test func hangUpResolvesAgain() throws {
      try withTestbed { testbed in
        try addAddresses(testbed)
        let forwarder = try Forwarder(
          environment(Testbed.collectorName, ["RESOLVE_INTERVAL": "3600"]), testbed: testbed)
        let moved = try Recorder(
          "mirror0", of: testbed.collector, filter: "udp port 4789 and dst host \(Self.more[0])",
          testbed: testbed)
        _ = try testbed.hosts([Self.more[0]])
        forwarder.process.signal(SIGHUP)
        let traffic = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "0", "200", "500"], in: testbed.peer)
        try eventually("traffic to the new address") { try moved.count() > 10 }
        traffic.terminate()
        try forwarder.stop()
      }
    }
  }
}
