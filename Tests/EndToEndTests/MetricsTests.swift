import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Figures where others look for them: Prometheus and CloudWatch.
  @Suite struct Metrics {
    private func bench(_ testbed: Testbed, _ engine: Engine, _ more: [String: String] = [:]) throws -> FaultBench {
      try FaultBench(testbed, engine, ["METRICS": ":9749", "SANDBOX": "require"].merging(more) { $1 })
    }

    /// Every figure of the last line of statistics is what was shown, to the packet; drops of every kind with their labels.
    @Test(arguments: Engine.allCases) func sumsAreThoseOfTheLastLine(_ engine: Engine) throws {
      try withTestbed { testbed in
        let bench = try bench(testbed, engine, ["MTU": "1500", "OVERSIZE": "drop"])
        try bench.send(3_000)
        try bench.send(100, size: 2_000)
        try testbed.app.nft("table inet f { chain out { type filter hook output priority 0; udp dport 4789 drop; }; }")
        try bench.send(500)
        try eventually("everything is accounted for") {
          try testbed.statusDocument().counters.capturedPackets >= 3_600
        }
        let scrape = try Scrape(Testbed.metrics + "/metrics", from: testbed.peer, testbed)
        // What was sent over IPv6 is answered as well.
        #expect(try Scrape(Testbed.metrics6 + "/metrics", from: testbed.peer, testbed).names == scrape.names)
        let total = try bench.forwarder.stopWithTotal()
        #expect(try scrape.sum("captured_packets_total") == total.capturedPackets)
        #expect(try scrape.sum("captured_bytes_total") == total.capturedBytes)
        #expect(try scrape.sum("forwarded_packets_total") == total.forwardedPackets)
        #expect(try scrape.sum("dropped_packets_total") == total.droppedTotal)
        #expect(try scrape.sum("kernel_dropped_packets_total") == total.kernelDroppedPackets)
        #expect(try scrape.sum("sent_datagrams_total") == total.sentDatagrams)
        #expect(try scrape.sum("sent_bytes_total") == total.sentBytes)
        let figures = scrape.figures
        #expect(figures["packet_forwarder_dropped_packets_total{errno=\"EPERM\",reason=\"send\"}"] == 500)
        #expect(
          figures["packet_forwarder_dropped_packets_total{reason=\"oversize\"}"]
            == Double(total.droppedPackets.oversize))
        let collector = "collector=\"\(Testbed.Address.collector):4789\""
        #expect(figures["packet_forwarder_failed_datagrams_total{\(collector),errno=\"EPERM\"}"] == 500)
        #expect(figures["packet_forwarder_healthy{}"] == 1 && figures["packet_forwarder_capturing{worker=\"0\"}"] == 1)
        #expect(total.droppedPackets.oversize > 0 && total.forwardedPackets >= 3_000)
      }
    }

    /// Prometheus' tool has nothing against it; nor have load balancers, as long as it is healthy.
    @Test(.whereInstalled(["promtool"])) func promtoolAndHealth() throws {
      try withTestbed { testbed in
        let bench = try bench(testbed, .ring)
        try bench.send(100)
        let page = try testbed.peer.run(["curl", "-sS", "--fail", Testbed.metrics + "/metrics"])
        let file = try testbed.write(Data(page.utf8), to: "page")
        #expect(try testbed.app.run(["sh", "-c", "promtool check metrics <\(file) 2>&1"]).isEmpty)
        try eventually("health") { try testbed.curl(Testbed.metrics + "/healthz") == "healthy\n\n200" }
        try testbed.app.ip("link set eth0 down")
        try eventually("illness") {
          try testbed.app.run([
            "curl", "-sS", "-w", "\\n%{http_code}", "http://127.0.0.1:9749/healthz",
          ]).contains("unhealthy: interface eth0 is not captured: it is down\n\n503")
        }
        try testbed.app.ip("link set eth0 up")
        try eventually("health again") { try testbed.curl(Testbed.metrics + "/healthz") == "healthy\n\n200" }
        #expect(try testbed.curl(Testbed.metrics + "/other").hasSuffix("\n404"))
        #expect(try testbed.curl(Testbed.metrics + "/metrics", ["-X", "DELETE"]).hasSuffix("\n405"))
        try bench.forwarder.stop()
      }
    }

    /// Clients that hold 400 connections, take nothing, and send a thousand requests that are none: what is mirrored is
    /// mirrored, figures are shown, nothing grows.
    @Test func misuseChangesNothing() throws {
      try withTestbed { testbed in
        let bench = try bench(testbed, .ring)
        let clients = try Tool.script("http_clients.py")
        let target = [Testbed.Address.app, "9749"]
        try testbed.runScript("http_clients.py", ["junk"] + target + ["60"], in: testbed.peer)
        try bench.send(2_000)
        let process = bench.forwarder.process.processID
        let before = try Footprint(of: process)
        bench.traffic = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "30000", "200", "5000"], in: testbed.peer)
        let slow = try testbed.start(clients + ["slow"] + target + ["200"], in: testbed.peer)
        let idle = try testbed.start(clients + ["idle"] + target + ["200"], in: testbed.peer)
        let junk = try testbed.start(clients + ["junk"] + target + ["1000"], in: testbed.peer)
        var count = 0
        while junk.isRunning || bench.traffic?.isRunning == true {
          #expect(try testbed.curl(Testbed.metrics + "/metrics").hasSuffix("\n200"))
          #expect(try Footprint(of: process).descriptors <= before.descriptors + 36)
          count += 1
        }
        #expect(try junk.wait(seconds: 60) == .status(0), "\(junk.output)\(junk.errorOutput)")
        #expect(count > 5)
        try eventually("400 clients that are slow") {
          (slow.output == "ready\n" && idle.output == "ready\n") || !slow.isRunning || !idle.isRunning
        }
        #expect(slow.isRunning && idle.isRunning, "\(slow.errorOutput)\(idle.errorOutput)")
        #expect(try testbed.curl(Testbed.metrics + "/healthz") == "healthy\n\n200")
        let during = try Footprint(of: process)
        #expect(during.threads == before.threads && during.memory <= before.memory + 4_096, "\(before) \(during)")
        slow.terminate()
        idle.terminate()
        try eventually("the descriptors") { try Footprint(of: process).descriptors <= before.descriptors }
        let total = try bench.forwarder.stopWithTotal()
        #expect(total.capturedPackets == 32_000 && total.forwardedPackets == 32_000)
        #expect(!bench.forwarder.process.errorOutput.contains("unhealthy"))
      }
    }

    /// The address that is listened on goes away: nothing else does.
    @Test func anAddressThatIsLost() throws {
      try withTestbed { testbed in
        try testbed.app.ip("address add 192.0.2.9/24 dev eth0")
        let bench = try bench(testbed, .ring, ["METRICS": "192.0.2.9:9749"])
        #expect(try testbed.curl("http://192.0.2.9:9749/healthz").hasSuffix("\n200"))
        try testbed.app.ip("address delete 192.0.2.9/24 dev eth0")
        try bench.send(1_000)
        try testbed.app.ip("address add 192.0.2.9/24 dev eth0")
        try eventually("figures") { try testbed.curl("http://192.0.2.9:9749/metrics").hasSuffix("\n200") }
        #expect(try bench.forwarder.stopWithTotal().forwardedPackets == 1_000)
      }
    }

    /// Dashboard, rules and documents speak of figures that there are; the rules are ones, and go off for what they are for.
    @Test(.whereInstalled(["promtool"])) func whatIsDeployedSpeaksOfWhatThereIs() throws {
      try withTestbed { testbed in
        let receiver = try ReceiveProcess(["--count-only", "--metrics", ":9750"], testbed: testbed)
        let bench = try bench(testbed, .ring)
        let pages = [
          try testbed.app.run(["curl", "-sS", "http://127.0.0.1:9749/metrics"]),
          try testbed.collector.run(["curl", "-sS", "http://127.0.0.1:9750/metrics"]),
        ]
        let names = Set(pages.joined().matches(of: #/(?m)^\# TYPE (\S+)/#).map { String($0.1) })
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        for file in ["deploy/monitoring/dashboard.json", "deploy/monitoring/alerts.yaml", "docs/metrics.md"] {
          let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
          let used = Set(text.matches(of: #/\b(packet_forwarder|process)_[a-z_]*[a-z]\b/#).map { String($0.0) })
          // Only where ECS says what task it is.
          let missing = used.subtracting(names).subtracting(["packet_forwarder_task_info"])
          #expect(missing.isEmpty && used.count > 10, "\(file): \(missing)")
        }
        let folder = root.appending(path: "deploy/monitoring").path
        for command in ["check rules alerts.yaml", "test rules alerts-test.yaml"] {
          #expect(try testbed.app.run(["sh", "-c", "cd \(folder) && promtool \(command)"]).contains("SUCCESS"))
        }
        try bench.forwarder.stop()
        receiver.process.signal(SIGTERM)
        #expect(try receiver.process.wait(seconds: 5) == .status(0))
      }
    }

    /// One line, and the exit code of what is wrong: another program has the port, no interface has the address.
    @Test(arguments: [
      (":9749", Int32(74), "Address already in use"), ("198.51.100.77:9749", 78, "Cannot assign requested address"),
    ])
    func whereNobodyCanListen(_ address: String, _ code: Int32, _ reason: String) throws {
      try withTestbed { testbed in
        let bench = try bench(testbed, .ring)
        let environment = Tool.settings.merging(["DESTINATION": Testbed.Address.collector, "METRICS": address]) { $1 }
        let second = try testbed.start([try Tool.packetForwarder()], in: testbed.app, environment: environment)
        #expect(try second.wait(seconds: 5) == .status(code))
        #expect(second.errorOutput == "packet-forwarder: METRICS=\(address): cannot listen there: \(reason)\n")
        try bench.forwarder.stop()
      }
    }

    /// Lines of CloudWatch's format are ones, and what their intervals have adds up to what the last one has of the run.
    @Test func linesForCloudWatch() throws {
      try withTestbed { testbed in
        let receiver = try ReceiveProcess(
          ["--stat-format", "emf", "--stat-duration", "1", "--count-only"], testbed: testbed)
        let bench = try bench(testbed, .ring, ["STAT_FORMAT": "emf"])
        try bench.send(8_000, rate: 4_000)
        let lines = try bench.forwarder.stop().split(separator: "\n").map(String.init)
        receiver.process.signal(SIGTERM)
        #expect(try receiver.process.wait(seconds: 5) == .status(0))
        let received = receiver.process.output.split(separator: "\n").map(String.init)
        for (name, lines) in [("captured_packets", lines), ("delivered_frames", received)] {
          let file = try testbed.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: name)
          #expect(try testbed.runScript("emf.py", [file], in: testbed.app) == "\(lines.count)\n")
          let objects = try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:] }
          let total = try #require(objects.last?["total"] as? [String: Any])
          #expect(total[name] as? Int == 8_000 && lines.count >= 3 && objects.last?["final"] as? Bool == true)
          #expect(objects.compactMap { $0[name] as? Int }.reduce(0, +) == 8_000)
        }
      }
    }
  }
}
