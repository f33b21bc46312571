import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// `status` beside a running forwarder, and those who misuse its socket.
  @Suite struct Status {
    /// What is on one screen of text is in the JSON as well; `TelemetryTests` compares the two word by word.
    @Test(arguments: Engine.allCases) func tellsWhatThereIs(_ engine: Engine) throws {
      try withTestbed { testbed in
        let bench = try FaultBench(testbed, engine, [:])
        bench.traffic = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "0", "200", "2000"], in: testbed.peer)
        try eventually("traffic") { try testbed.statusDocument().counters.capturedPackets > 2_000 }
        let status = try testbed.statusDocument(flows: true)
        #expect(status.pid == Int(bench.forwarder.process.processID) && status.uptime > 500)
        #expect(status.engine == engine.setting && status.filter == "udp dst port 7000" && status.unhealthy == nil)
        #expect(try #require(status.filterInstructions) > 20)
        #expect(status.interfaces.map(\.name) == ["eth0"])
        #expect(status.interfaces.map(\.state) == ["captured"] && status.interfaces.map(\.linkType) == ["EN10MB"])
        #expect(status.workers.map(\.capturing) == [true])
        if engine == .ring {
          let worker = status.workers[0]
          #expect(try #require(worker.ringSize) + #require(worker.reserveSize) == 32 << 20)
          // What comes while it is stopped waits in the ring.
          bench.forwarder.process.signal(SIGSTOP)
          try bench.send(5_000)
          bench.forwarder.process.signal(SIGCONT)
          try eventually("a high-water mark") {
            try #require(try testbed.statusDocument().workers.first?.ringHighWater) > 0
          }
        }
        let destination = try #require(status.destinations.first)
        #expect(destination.name == "\(Testbed.collectorName):4789" && destination.failure == nil)
        #expect(try #require(destination.answerAge) < 3_000, "looked up every second")
        let collector = try #require(status.collectors.first)
        #expect(collector.address == "\(Testbed.Address.collector):4789" && collector.names == destination.name)
        #expect(collector.routeMtu == 9_001 && collector.sentDatagrams > 2_000)
        #expect(collector.sourcePorts?.contains("-") == true)
        // 200 bytes of payload and 42 of headers, 2,000 times a second.
        let flow = try #require(status.flows?.first)
        #expect(
          flow.name.hasPrefix("UDP \(Testbed.Address.peer):") && flow.name.hasSuffix("\(Testbed.Address.app):7000"))
        #expect((240_000...730_000).contains(flow.bytesPerSecond), "\(flow.bytesPerSecond)")
        let screen = try testbed.status()
        for text in ["healthy\n", "EN10MB", Testbed.Address.collector, "captured packets", "dropped packets"] {
          #expect(screen.contains(text), "\(screen)")
        }
        #expect(!screen.contains(Testbed.Address.peer), "flows only where they are asked for")
        bench.traffic?.terminate()
        try bench.forwarder.stop()
      }
    }

    @Test func failuresHaveTheirReasonAndTime() throws {
      try withTestbed { testbed in
        let bench = try FaultBench(testbed, .ring, [:])
        try testbed.app.nft(
          "table inet f { chain out { type filter hook output priority 0; udp dport 4789 drop; }; }")
        try bench.send(500)
        try eventually("the failures") { try testbed.statusDocument().counters.droppedTotal == 500 }
        let collector = try #require(try testbed.statusDocument().collectors.first)
        #expect(collector.failed == ["EPERM": 500] && collector.lastError == "EPERM")
        #expect(try #require(collector.lastErrorTime).hasSuffix("Z"))
        #expect(try testbed.status().contains("500 (EPERM 500)"))
        try bench.forwarder.stop()
      }
    }

    /// Neither a word nor an open connection.
    @Test(.enabled(if: Recorder.Program.tcpdump.usable == .tcpdump, "needs more users than one"))
    func anotherUserGetsNothing() throws {
      try withTestbed { testbed in
        let bench = try FaultBench(testbed, .ring, [:])
        #expect(try testbed.runScript("status_requests.py", ["user", "65534"], in: testbed.app) == "b''\nb''\nb''\n")
        #expect(try testbed.runScript("status_requests.py", ["user", "0"], in: testbed.app).contains("0 healthy: "))
        try bench.forwarder.stop()
      }
    }

    /// 10,000 requests that are none, and 1,000 that never end, while traffic is mirrored: all of that is, `healthcheck`
    /// goes on answering, and nothing grows.
    @Test(arguments: Engine.allCases) func misuseChangesNothing(_ engine: Engine) throws {
      try withTestbed { testbed in
        let probe = HealthProbe(testbed)
        let bench = try FaultBench(testbed, engine, ["HEALTH_FILE": probe.file])
        // What is allocated once has been.
        try testbed.runScript("status_requests.py", ["malformed", "500"], in: testbed.app)
        try bench.send(2_000)
        let process = bench.forwarder.process.processID
        let before = try Footprint(of: process)

        bench.traffic = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "30000", "200", "5000"], in: testbed.peer)
        let malformed = try testbed.start(
          try Tool.script("status_requests.py") + ["malformed", "10000"], in: testbed.app)
        // One after the other is sent away; the last ones have a second.
        let endless = try testbed.start(try Tool.script("status_requests.py") + ["endless", "1000"], in: testbed.app)
        var durations: [Double] = []
        while malformed.isRunning || bench.traffic?.isRunning == true {
          let verdict = try probe.check()
          #expect(verdict.isHealthy, "\(verdict)")
          durations.append(verdict.duration)
        }
        #expect(try malformed.wait(seconds: 60) == .status(0), "\(malformed.output)\(malformed.errorOutput)")
        #expect(try #require(durations.max()) < 0.9 && durations.count > 5, "\(durations.sorted().suffix(9))")
        try eventually("1,000 requests without an end") { endless.output == "ready\n" || !endless.isRunning }
        #expect(try probe.check().isHealthy)
        #expect(endless.isRunning, "\(endless.errorOutput)")
        let during = try Footprint(of: process)
        #expect(during.descriptors <= before.descriptors + 16 && during.threads == before.threads)
        #expect(during.memory <= before.memory + 1_024, "\(before) \(during)")
        endless.terminate()
        try eventually("the descriptors") { try Footprint(of: process).descriptors <= before.descriptors }
        let total = try bench.forwarder.stopWithTotal()
        #expect(total.capturedPackets == 32_000 && total.forwardedPackets == 32_000)
        #expect(!bench.forwarder.process.errorOutput.contains("unhealthy"))
      }
    }
  }
}
