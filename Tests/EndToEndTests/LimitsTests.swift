import Foundation
import Testing

extension EndToEnd {
  /// RATE_LIMIT and CPU_LIMIT: whole flows are shed, all is accounted for, and all comes back.
  @Suite struct Limits {
    /// Engine and WORKERS.
    typealias Setup = (engine: Engine, workers: Int)

    static let setups: [Setup] = [(.libpcap, 1), (.ring, 1), (.ring, 2)]

    private func environment(_ setup: Setup, _ more: [String: String]) -> [String: String] {
      let environment = [
        "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0", "STAT_FORMAT": "json", "STAT_DURATION": "1",
        "CAPTURE": setup.engine.setting, "WORKERS": "\(setup.workers)",
      ]
      return environment.merging(more) { $1 }
    }

    private func statistics(_ forwarder: Forwarder) throws -> [StatisticsLine] {
      // The last line may not be whole yet.
      let output = forwarder.process.output
      guard let end = output.lastIndex(of: "\n") else { return [] }
      return try StatisticsLine.lines(of: String(output[...end]))
    }

    /// 200 numbered flows that are three times the limit together.
    @Test(arguments: setups) func numberedFlowsAreWholeOrAbsent(_ setup: Setup) throws {
      try withTestbed(trafficMTU: 1500) { testbed in
        let more = ["BPF_FILTER": "udp port 7000", "RATE_LIMIT": "40Mbps"]
        let forwarder = try Forwarder(environment(setup, more), testbed: testbed)
        let recorder = try testbed.recordMirror()
        let start = monotonicSeconds()
        let (count, flows) = (80_000, 200)
        try NumberedDatagrams.send(
          count, size: 1_000, to: Testbed.Address.app, perSecond: 15_000, flows: flows, from: testbed.peer,
          testbed: testbed)
        let seconds = monotonicSeconds() - start
        let lines = try forwarder.stopWithStatistics()
        try Recorder.stop(recorder)
        let total = try #require(lines.last).total
        #expect(total.droppedPackets.rate > 0)
        #expect(total.forwardedPackets == total.capturedPackets - total.droppedPackets.rate)
        #expect(total.capturedPackets < count / 2, "what is shed is not captured")
        #expect(lines.contains { $0.flowShare < 0.6 })
        #expect(Double(total.sentBytes) <= 5e6 * seconds + 300_000)
        #expect(forwarder.process.errorOutput.contains("RATE_LIMIT is reached: "))

        let numbers = NumberedDatagrams.numbers(try recorder.mirror().mirror)
        #expect(numbers.count == total.forwardedPackets)
        // In the second half the share has found its place: who is there is there with everything.
        let late = numbers.filter { $0 >= count / 2 }
        let byFlow = Dictionary(grouping: late) { $0 % flows }
        let whole = byFlow.values.count { $0.count == count / 2 / flows }
        #expect(whole >= 5, "\(byFlow.values.map(\.count))")
        for numbers in byFlow.values {
          #expect(Set(numbers).count == numbers.count)
          // Where the sender stumbles the share moves, and flows at its border come and go as a whole: a few pieces,
          // not single datagrams.
          let sorted = numbers.sorted()
          let pieces = 1 + zip(sorted, sorted.dropFirst()).count { $1 - $0 > flows }
          #expect(pieces <= 6, "\(sorted)")
        }
      }
    }

    /// Connections beside floods of TCP: each at the collector begins with its SYN and has no gap. Then all come back.
    @Test(arguments: setups) func connectionsAreWhole(_ setup: Setup) throws {
      try withTestbed { testbed in
        let more = ["BPF_FILTER": "tcp", "RATE_LIMIT": "60Mbps", "MTU": "9000"]
        let forwarder = try Forwarder(environment(setup, more), testbed: testbed)
        let recorder = try testbed.recordMirror()
        let file = try testbed.serveRandomFile(byteCount: 20_000)
        _ = try testbed.start(["iperf3", "-s"], in: testbed.app)
        try eventually("iperf3") { try testbed.app.run(["ss", "-Htln", "sport", "=", "5201"]).isEmpty == false }
        let flood = try testbed.start(
          ["iperf3", "-c", Testbed.Address.app, "-t", "5", "-P", "3", "-b", "1G"], in: testbed.peer)
        var fetched = 0
        while flood.isRunning {
          try testbed.fetch(file, from: Testbed.Address.app)
          fetched += 1
        }
        #expect(try flood.wait(seconds: 5) == .status(0), "\(flood.errorOutput)")
        let end = monotonicSeconds()
        try eventually("all flows to be let in") { try statistics(forwarder).last?.flowShare == 1 }
        // A line a second, and a busy machine.
        #expect(monotonicSeconds() - end < 6)
        let before = try testbed.app.counter("tx_packets", of: "mirror0")
        for _ in 0..<20 { try testbed.fetch(file, from: Testbed.Address.app) }
        try testbed.waitForClosedConnections()
        try eventually("a line of the log") { forwarder.process.errorOutput.contains("all flows are let in again") }
        let lines = try forwarder.stopWithStatistics(kernelDrops: .max)
        try Recorder.stop(recorder)
        let total = try #require(lines.last).total
        #expect(try testbed.app.counter("tx_packets", of: "mirror0") - before >= 20 * 8)
        #expect(total.droppedPackets.rate > 0)
        #expect(lines.contains { $0.flowShare < 1 })

        let inner = Tshark(try recorder.mirror().innerPath, testbed: testbed)
        if total.kernelDroppedPackets == 0 { _ = try TCPStreams(inner) }
        let opened = try inner.count("tcp.dstport==8080 && tcp.flags.syn==1")
        #expect((20...fetched + 20).contains(opened))

      }
    }

    /// 2 Mbit/s in bursts under a limit of 10 Mbit/s.
    @Test(arguments: Engine.allCases) func burstsBelowTheLimitLoseNothing(_ engine: Engine) throws {
      try withTestbed(trafficMTU: 1500) { testbed in
        let more = ["BPF_FILTER": "udp port 7000", "RATE_LIMIT": "10Mbps"]
        let forwarder = try Forwarder(environment((engine, 1), more), testbed: testbed)
        let rounds = 12
        for _ in 0..<rounds {
          let start = monotonicSeconds()
          try NumberedDatagrams.send(
            75, size: 1_000, to: Testbed.Address.app, flows: 5, from: testbed.peer, testbed: testbed)
          let rest = 0.3 - (monotonicSeconds() - start)
          if rest > 0 { usleep(UInt32(rest * 1e6)) }
        }
        let lines = try forwarder.stopWithStatistics()
        #expect(try #require(lines.last).total.forwardedPackets == 75 * rounds)
        #expect(lines.allSatisfy { $0.flowShare == 1 && $0.counters.droppedPackets.all == 0 })
      }
    }

    /// The program's own CPU time, and the kernel's word that its control group has had its share.
    @Test(.enabled(if: ControlGroup.isUsable, "no cpu controller to be used here"), arguments: [true, false])
    func cpuTime(isThrottled: Bool) throws {
      try withTestbed(trafficMTU: 1500) { testbed in
        let group = try ControlGroup(percentOfACore: isThrottled ? 4 : 100)
        let more = ["BPF_FILTER": "udp port 7000", "CPU_LIMIT": isThrottled ? "2" : "0.02"]
        let forwarder = try Forwarder(
          environment((.ring, 1), more), testbed: testbed, launcher: group.launcher)
        defer { group.remove(killing: forwarder.process.processID) }
        let sender = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "0", "1000", "0", "1", "100"], in: testbed.peer)
        try eventually("flows to be shed", within: 30) { try statistics(forwarder).contains { $0.flowShare < 0.7 } }
        sender.terminate()
        try eventually("all flows to be let in", within: 30) { try statistics(forwarder).last?.flowShare == 1 }
        let total = try forwarder.stopWithTotal(kernelDrops: .max)
        #expect(total.droppedPackets.rate == 0)
        #expect(forwarder.process.errorOutput.contains("CPU_LIMIT is reached: "))
      }
    }
  }
}
