import Foundation
import Glibc
import Testing

/// A state in which a forwarder does not do its work: how it comes about, what is then said, and how it goes away.
struct Illness: Sendable, CustomTestStringConvertible {
  /// In a few words.
  let name: String
  var engines = Engine.allCases
  /// Settings beside the usual ones of `FaultBench`.
  var settings: [String: String] = [:]
  /// Makes the forwarder ill.
  let begin: @Sendable (FaultBench) throws -> Void
  /// Seconds until that can be known, before the interval in which it must be seen.
  var incubation = 0.0
  /// A part of the reason, in `healthcheck`, the log and the statistics alike.
  let reason: String
  /// Cures it.
  let end: @Sendable (FaultBench) throws -> Void

  var testDescription: String { name }
}

extension EndToEndBeside {
  /// Every state in which a forwarder is unhealthy, produced for real, seen by `healthcheck` and HEALTH_FILE, and gone
  /// again.
  @Suite struct Health {
    /// Seconds: STAT_DURATION of these tests.
    private static let interval = 2.0

    static let table = [
      Illness(
        name: "a capture thread stands still",
        begin: { bench in
          let process = "\(bench.forwarder.process.processID)"
          bench.tracer = try bench.testbed.startScript("stop_thread.py", [process, "capture-0"], in: bench.testbed.app)
        },
        incubation: 5, reason: "capture thread 0 has made no turn for ",
        end: { bench in bench.tracer?.signal(SIGTERM) }),
      Illness(
        name: "an interface is gone",
        begin: { try $0.testbed.app.run(["ip", "link", "delete", "eth0"]) }, reason: "it is gone",
        end: { try $0.testbed.addTrafficLink(mtu: 1500) }),
      Illness(
        name: "an interface is down",
        begin: { try $0.testbed.app.ip("link set eth0 down") }, reason: "it is down",
        end: { try $0.testbed.app.ip("link set eth0 up") }),
      Illness(
        name: "one of two interfaces is gone", engines: [.ring], settings: ["INTERFACE": "lo,eth0"],
        begin: { try $0.testbed.app.run(["ip", "link", "delete", "eth0"]) },
        reason: "interface eth0 is not captured: it is gone", end: { try $0.testbed.addTrafficLink(mtu: 1500) }),
      Illness(
        name: "there is no route any more",
        begin: { bench in
          try bench.testbed.app.ip("link set mirror0 down")
          bench.traffic = try bench.testbed.startScript(
            "udp_sender.py", [Testbed.Address.app, "7000", "0", "200", "100"], in: bench.testbed.peer)
        },
        incubation: 6, reason: "s: ENETUNREACH",
        end: { try $0.testbed.app.ip("link set mirror0 up") }),
      Illness(
        name: "every send fails",
        begin: { bench in
          try bench.testbed.app.nft(
            "table inet f { chain out { type filter hook output priority 0; udp dport 4789 drop; }; }")
          bench.traffic = try bench.testbed.startScript(
            "udp_sender.py", [Testbed.Address.app, "7000", "0", "200", "100"], in: bench.testbed.peer)
        },
        incubation: 6, reason: "s: EPERM",
        end: { try $0.testbed.app.nft("flush ruleset") }),
      Illness(
        name: "a filter failed closed", engines: [.ring],
        settings: ["BPF_FILTER": "udp dst port 7000 or udp port 4789", "INTERFACE": "any"],
        begin: { bench in
          try bench.limitFilterMemory(to: 7_000)
          try bench.moveCollector(to: (1...32).map { "2001:db8:2:0:\($0)::1" })
        },
        // Names are looked up once a second.
        incubation: 1, reason: "the capture filter takes nothing: SO_ATTACH_FILTER",
        end: { try $0.limitFilterMemory(to: 131_072) }),
    ]

    @Test(arguments: table) func isSeenAndGoesAway(_ illness: Illness) throws {
      for engine in illness.engines {
        try withTestbed { testbed in
          let probe = HealthProbe(testbed)
          let usual = ["STAT_DURATION": "2", "HEALTH_FILE": probe.file]
          let bench = try FaultBench(testbed, engine, usual.merging(illness.settings) { $1 })
          try probe.awaitHealthy(within: Self.interval)
          // Before the forwarder: a thread that is traced keeps its process from being reaped.
          defer { bench.tracer?.terminate() }
          try illness.begin(bench)
          try probe.awaitUnhealthy(illness.reason, within: illness.incubation + Self.interval)
          try bench.awaitLog("error packet-forwarder: [Forwarder] unhealthy: ")
          try eventually("the reason in the statistics", within: 2 * Self.interval) {
            let whole = bench.forwarder.process.output.split(separator: "\n", omittingEmptySubsequences: false)
              .dropLast()
            let last = try StatisticsLine.lines(of: whole.joined(separator: "\n")).last
            return last?.unhealthy?.contains(illness.reason.prefix(24)) == true
          }
          try illness.end(bench)
          // What is looked for once a second may come back a little later.
          try probe.awaitHealthy(within: Self.interval + 1)
          try bench.awaitLog("healthy again, after ")
          _ = try bench.forwarder.stop()
          #expect(!probe.fileExists)
        }
      }
    }

    /// No traffic, then much, then none: all of it is healthy.
    @Test(arguments: Engine.allCases) func trafficIsNotNeeded(_ engine: Engine) throws {
      try withTestbed { testbed in
        let probe = HealthProbe(testbed)
        let bench = try FaultBench(testbed, engine, ["HEALTH_FILE": probe.file])
        try probe.awaitHealthy(within: 1)
        try bench.send(10_000, rate: 0)
        #expect(try probe.check().isHealthy)
        let total = try bench.forwarder.stopWithTotal()
        #expect(total.forwardedPackets == 10_000)
        #expect(!bench.forwarder.process.errorOutput.contains("unhealthy: "))
      }
    }

    /// A name without an address at the start, which then gets one; and an address without a route, which then gets one.
    @Test(arguments: [false, true]) func aDestinationThatIsNotKnownYet(hasAddress: Bool) throws {
      try withTestbed { testbed in
        let probe = HealthProbe(testbed)
        if hasAddress { try testbed.app.ip("link set mirror0 down") }
        let process = try testbed.start(
          [try Tool.packetForwarder()], in: testbed.app,
          environment: [
            "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0", "RESOLVE_INTERVAL": "1",
            "HEALTH_FILE": probe.file,
          ], hosts: try testbed.hosts(hasAddress ? [Testbed.Address.collector] : []))
        // A start waits a second for its collectors.
        let reason =
          hasAddress ? "no destination: no way to \(Testbed.Address.collector)" : "no destination: DESTINATION "
        try probe.awaitUnhealthy(reason, within: 3)
        if hasAddress { try testbed.app.ip("link set mirror0 up") } else { _ = try testbed.hosts() }
        try probe.awaitHealthy(within: 3)
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 5) == .status(0))
        #expect(!probe.fileExists)
      }
    }

    /// Before the start, and after the end: nobody answers, and that is said.
    @Test func nobodyIsThere() throws {
      try withTestbed { testbed in
        let probe = HealthProbe(testbed)
        let verdict = try probe.check()
        #expect(verdict.exit == .status(1) && verdict.line == "no forwarder is running here")
        let bench = try FaultBench(testbed, .ring, ["HEALTH_FILE": probe.file])
        try probe.awaitHealthy(within: 1)
        bench.forwarder.process.signal(SIGSTOP)
        let silent = try probe.check()
        #expect(silent.exit == .status(1) && silent.line == "unhealthy: no answer in 900 ms")
        bench.forwarder.process.signal(SIGCONT)
        try probe.awaitHealthy(within: 2)
        try bench.forwarder.stop()
        #expect(try probe.check().exit == .status(1))
      }
    }

    /// Where HEALTH_FILE cannot be made, mirroring goes on.
    @Test func aFileThatCannotBeMade() throws {
      try withTestbed { testbed in
        let bench = try FaultBench(testbed, .ring, ["HEALTH_FILE": "/proc/nowhere/healthy"])
        try bench.awaitLog("HEALTH_FILE=/proc/nowhere/healthy cannot be kept: ")
        try bench.send(1_000)
        #expect(try bench.forwarder.stopWithTotal().forwardedPackets == 1_000)
      }
    }

    /// A file system that answers nobody (FUSE, as NFS may do) holds up neither capture nor statistics nor the end.
    @Test(.whereInstalled(["/dev/fuse"])) func aFileSystemThatHangs() throws {
      try withTestbed { testbed in
        let folder = "\(testbed.directory)/mute"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let script = """
          "$1" "$2" "$3" >"$3.log" & until [ -s "$3.log" ]; do sleep 0.02; done; shift 3; exec "$@"
          """
        let launcher =
          ["unshare", "--mount", "sh", "-c", script, "sh"] + (try Tool.script("mute_filesystem.py")) + [folder]
        let forwarder = try Forwarder(
          [
            "BPF_FILTER": "udp dst port 7000", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
            "STAT_FORMAT": "json", "STAT_DURATION": "1", "HEALTH_FILE": "\(folder)/healthy",
          ], testbed: testbed, launcher: launcher)
        try eventually("the log: \(forwarder.process.errorOutput)") {
          forwarder.process.errorOutput.contains("cannot be kept: its file system does not answer for ")
        }
        #expect(try HealthProbe(testbed).check().isHealthy)
        try NumberedDatagrams.send(
          20_000, size: 200, to: Testbed.Address.app, perSecond: 10_000, from: testbed.peer, testbed: testbed)
        let lines = try forwarder.stopWithStatistics()
        #expect(try #require(lines.last).total.forwardedPackets == 20_000)
        #expect(lines.count >= 7, "a line a second")
      }
    }
  }
}
