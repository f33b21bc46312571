import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// A command line as tcpdump has it, and runs that end by themselves: `--for`, `--until-packets`.
  @Suite struct RunLength {
    /// Starts it with arguments alone, and returns once it captures.
    private func start(
      _ arguments: [String], _ environment: [String: String] = [:], testbed: Testbed
    ) throws -> Subprocess {
      let settings = Tool.settings.merging(["STAT_FORMAT": "json", "SANDBOX": "require"]) { $1 }
      let process = try testbed.start(
        [try Tool.packetForwarder(), "-i", "eth0", "--destination", Testbed.Address.collector] + arguments,
        in: testbed.app, environment: settings.merging(environment) { $1 })
      try eventually("it to capture; it said: \(process.errorOutput)") {
        process.errorOutput.contains("capturing on eth0") || !process.isRunning
      }
      return process
    }

    static let setups: [(engine: Engine, workers: Int)] = [(.libpcap, 1), (.ring, 1), (.ring, 2)]

    /// Exactly so many, by our own counters and by what the collector got; then it ends with 0 and says what it did.
    @Test(arguments: setups) func untilPacketsIsExact(_ setup: (engine: Engine, workers: Int)) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let process = try start(
          [
            "--capture", setup.engine.setting, "--workers", "\(setup.workers)", "--until-packets", "500", "udp", "port",
            "7000",
          ],
          testbed: testbed)
        try NumberedDatagrams.send(
          3_000, size: 100, to: Testbed.Address.app, perSecond: 10_000, flows: 8, from: testbed.peer, testbed: testbed)
        #expect(try process.wait(seconds: 20) == .status(0), "\(process.errorOutput)")
        try Recorder.stop(recorder)
        let lines = try StatisticsLine.lines(of: process.output)
        let total = try #require(lines.last).total
        #expect(total.forwardedPackets == 500 && total.isBalanced && lines.last?.final == true)
        #expect(try recorder.mirror().mirror.inner.count == 500)
        #expect(process.errorOutput.contains("filter \"udp port 7000\""), "\(process.errorOutput)")
        #expect(process.errorOutput.contains("--until-packets=500"))
        #expect(process.errorOutput.contains("\nmirrored 500 of 500 captured packets in "))
        #expect(process.errorOutput.contains("\nto 198.51.100.2:4789: 500 datagrams ("))
        #expect(process.errorOutput.contains(" us for each captured packet"))
      }
    }

    /// It goes on for as long as it was told, and what came meanwhile is mirrored.
    @Test func forEndsByItself() throws {
      try withTestbed { testbed in
        let process = try start(["--for", "2s", "udp", "port", "7000"], ["LOG_FORMAT": "json"], testbed: testbed)
        try NumberedDatagrams.send(100, size: 100, to: Testbed.Address.app, from: testbed.peer, testbed: testbed)
        #expect(try process.wait(seconds: 20) == .status(0), "\(process.errorOutput)")
        let lines = try StatisticsLine.lines(of: process.output)
        #expect(lines.map(\.interval).reduce(0, +) >= 2)
        #expect(try #require(lines.last).total.forwardedPackets == 100)
        #expect(process.errorOutput.contains("\"message\":\"mirrored 100 of 100 captured packets in "))
      }
    }

    /// The time begins with the capture: an interface that is down uses up none of it.
    @Test func forWaitsForTheInterface() throws {
      try withTestbed { testbed in
        try testbed.app.ip("link set eth0 down")
        let process = try testbed.start(
          [
            try Tool.packetForwarder(), "-i", "eth0", "--destination", Testbed.Address.collector, "--for", "1", "udp",
            "port",
            "7000",
          ], in: testbed.app, environment: Tool.settings.merging(["STAT_FORMAT": "json", "STAT_DURATION": "1"]) { $1 })
        try eventually("three intervals; it said: \(process.errorOutput)", within: 20) {
          process.output.split(separator: "\n").count >= 3 || !process.isRunning
        }
        #expect(process.isRunning, "\(process.errorOutput)")
        try testbed.app.ip("link set eth0 up")
        #expect(try process.wait(seconds: 20) == .status(0), "\(process.errorOutput)")
        #expect(process.errorOutput.contains("\nmirrored "))
      }
    }

    /// Whoever is told to end earlier says the same.
    @Test(arguments: [SIGINT, SIGTERM]) func aSignalEndsItEarlier(_ signal: Int32) throws {
      try withTestbed { testbed in
        let process = try start(["--for", "1h", "--until-packets", "1000000", "udp", "port", "7000"], testbed: testbed)
        process.signal(signal)
        #expect(try process.wait(seconds: 10) == .status(0), "\(process.errorOutput)")
        #expect(process.errorOutput.contains("\nmirrored 0 of 0 captured packets in "))
      }
    }
  }
}
