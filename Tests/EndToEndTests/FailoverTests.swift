import Foundation
import Glibc
import Testing

extension EndToEndBeside {
  /// Entries of DESTINATION that stand by for another, and names that say where the forwarder runs.
  @Suite struct Failover {
    private static let second = "198.51.100.3"

    /// What happens on the way to the first entry.
    struct Illness: Sendable, CustomTestStringConvertible {
      let name: String
      /// A verdict of the collector's firewall.
      let verdict: String
      let log: String

      var testDescription: String { name }
    }

    static let illnesses = [
      Illness(name: "nobody listens", verdict: "reject", log: "fails (port unreachable from 198.51.100.2), using"),
      Illness(name: "a firewall forbids it", verdict: "reject with icmpx admin-prohibited", log: "fails ("),
      Illness(name: "silence", verdict: "drop", log: "does not answer any more, using"),
    ]

    private func recorder(_ filter: String, _ testbed: Testbed) throws -> Recorder {
      try Recorder("mirror0", of: testbed.collector, filter: "udp and \(filter)", testbed: testbed)
    }

    /// Frames go to the second entry while the first is ill, and back when it is well, each within RESOLVE_INTERVAL.
    @Test(arguments: illnesses) func overAndBack(_ illness: Illness) throws {
      try withTestbed { testbed in
        let first = Testbed.Address.collector
        try testbed.collector.ip("address add \(Self.second)/24 dev mirror0")
        let receiver = try ReceiveProcess(["--count-only"], testbed: testbed)
        let answers = try recorder("src host \(first) and src port 4789", testbed)
        let settings = [
          "DESTINATION": "\(first),\(Self.second)", "DESTINATION_MODE": "failover", "RESOLVE_INTERVAL": "6",
        ]
        let bench = try FaultBench(testbed, .ring, settings)
        let traffic = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "0", "200", "2000"], in: testbed.peer)
        try eventually("an answer to a probe") { try answers.count() > 0 }

        let over = try recorder("dst host \(Self.second) and greater 200", testbed)
        try testbed.collector.run([
          "nft",
          """
          add table inet t; add chain inet t in { type filter hook input priority 0; }; \
          add rule inet t in ip daddr \(first) udp dport 4789 \(illness.verdict)
          """,
        ])
        try bench.awaitLog("failover: \(first):4789 \(illness.log)", within: 20)
        try eventually("frames to the second entry") { try over.count() > 500 }

        let back = try recorder("dst host \(first) and greater 200", testbed)
        try testbed.collector.run(["nft", "delete table inet t"])
        try bench.awaitLog("failover: \(first):4789 works again", within: 20)
        try eventually("frames to the first entry") { try back.count() > 500 }
        traffic.terminate()
        let total = try bench.forwarder.stopWithTotal()
        #expect(total.droppedPackets.all == 0 || illness.verdict != "drop", "\(total)")
        // Its probes are not what is missed: what it says was sent on a port is what came, or was dropped there.
        let line = try receiver.stop()
        #expect(line.total.deliveredFrames > 1_000)
        try Recorder.stop(answers, over, back)
      }
    }

    /// A name that is gone is left for the second entry, and one that comes and goes is left alone.
    @Test func aNameThatComesAndGoes() throws {
      try withTestbed { testbed in
        try testbed.collector.ip("address add \(Self.second)/24 dev mirror0")
        // Where nobody listens an entry fails for that.
        _ = try ReceiveProcess(["--count-only"], testbed: testbed)
        let over = try recorder("dst host \(Self.second) and greater 200", testbed)
        let bench = try FaultBench(
          testbed, .ring,
          [
            "DESTINATION": "\(Testbed.collectorName),\(Self.second)", "DESTINATION_MODE": "failover",
            "RESOLVE_INTERVAL": "4",
          ])
        let name = "\(Testbed.collectorName):4789"
        func said(_ text: String) -> Int {
          bench.forwarder.process.errorOutput.components(separatedBy: "failover: \(name) \(text)").count - 1
        }
        let (gone, again) = ("has no address, using \(Self.second):4789", "works again")
        _ = try testbed.hosts([])
        try eventually("the second entry", within: 20) { said(gone) == 1 }
        _ = try testbed.hosts()
        try eventually("the first again", within: 20) { said(again) == 1 }
        _ = try testbed.hosts([])
        try eventually("the second once more", within: 20) { said(gone) == 2 }
        _ = try testbed.hosts()
        try bench.send(20_000, rate: 2_000)
        #expect(said(gone) == 2 && said(again) == 1)
        try eventually("everything at the second entry, as the first has not proven itself") {
          try over.count() >= 20_000
        }
        #expect(try bench.forwarder.stopWithTotal().droppedPackets.all == 0)
        try Recorder.stop(over)
      }
    }

    /// Zone and region are filled in, as ECS or else EC2 says, also in the sandbox.
    @Test(arguments: ["ECS", "EC2"]) func zones(_ cloud: String) throws {
      try withTestbed { testbed in
        let address = cloud == "ECS" ? "169.254.170.2" : "169.254.169.254"
        try testbed.app.ip("address add \(address)/32 dev lo")
        let script =
          cloud == "ECS"
          ? ("task_metadata.py", [address, "80", "good"])
          : ("instance_metadata.py", [address, "80", "eu-west-1b", "eu-west-1"])
        _ = try testbed.startScript(script.0, script.1, in: testbed.app)
        let hosts = try testbed.write(
          Data("\(Testbed.Address.collector) eu-west-1b.eu-west-1.collector.test\n".utf8), to: "hosts")
        var environment = [
          "BPF_FILTER": "udp dst port 7000", "DESTINATION": "{zone}.{region}.collector.test", "INTERFACE": "eth0",
          "STAT_FORMAT": "json", "SANDBOX": "require",
        ]
        if cloud == "ECS" { environment["ECS_CONTAINER_METADATA_URI_V4"] = "http://\(address)/v4/0a1b" }
        let recorder = try testbed.recordMirror()
        let process = try testbed.start(
          [try Tool.packetForwarder()], in: testbed.app, environment: environment, hosts: hosts)
        try eventually("forwarder to capture: \(process.errorOutput)", within: 20) {
          process.errorOutput.contains(
            "sending to \(Testbed.Address.collector):4789 ({zone}.{region}.collector.test:4789)")
        }
        try NumberedDatagrams.send(
          100, size: 200, to: Testbed.Address.app, perSecond: 1_000, flows: 1, from: testbed.peer, testbed: testbed)
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 5) == .status(0))
        try Recorder.stop(recorder)
        #expect(try recorder.mirror().mirror.datagrams.count == 100)
        // `check` finds the same.
        let check = try testbed.start(
          [try Tool.packetForwarder(), "check"], in: testbed.app, environment: environment, hosts: hosts)
        _ = try check.wait(seconds: 20)
        #expect(
          check.output.contains("{zone}.{region}.collector.test is \(Testbed.Address.collector)"), "\(check.output)")
      }
    }

    /// Where nobody says where it runs, the entry that needs it has no address, and the next one is used.
    @Test func noZone() throws {
      try withTestbed { testbed in
        let bench = try FaultBench(
          testbed, .ring,
          [
            "DESTINATION": "{zone}.collector.test,\(Testbed.collectorName)", "DESTINATION_MODE": "failover",
          ])
        try bench.awaitLog("DESTINATION {zone}.collector.test has no address: it is not known where this runs (EC2: ")
        try bench.send(100)
        #expect(try bench.forwarder.stopWithTotal().sentDatagrams == 100)
      }
    }
  }
}
