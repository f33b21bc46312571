import Foundation
import Glibc
import Testing

/// What is done to a running forwarder, and what it must say and count. Read it as a table: each row is a fault, the
/// line that an operator finds in the log, and the counter that shows it.
struct Fault: Sendable, CustomTestStringConvertible {
  /// In a few words.
  let name: String
  /// Engines that it is tried on.
  var engines = Engine.allCases
  /// Settings beside the usual ones (BPF_FILTER `udp dst port 7000`, STAT_FORMAT=json, STAT_DURATION=1).
  var settings: [String: String] = [:]
  /// Injects the fault and waits until the forwarder has dealt with it.
  let inject: @Sendable (FaultBench) throws -> Void
  /// What the log then says: each a substring of one line.
  let log: [String]
  /// What the last statistics line says; throws or records an issue where it does not.
  let counters: @Sendable (Counters) -> Bool

  var testDescription: String { name }
}

/// A forwarder under a fault: the network, the running program, and paced traffic to mirror.
final class FaultBench {
  let testbed: Testbed
  let engine: Engine
  let forwarder: Forwarder

  init(_ testbed: Testbed, _ engine: Engine, _ settings: [String: String]) throws {
    self.testbed = testbed
    self.engine = engine
    let usual = [
      "BPF_FILTER": "udp dst port 7000", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
      "STAT_FORMAT": "json", "STAT_DURATION": "1", "CAPTURE": engine.rawValue, "RESOLVE_INTERVAL": "1",
    ]
    forwarder = try Forwarder(usual.merging(settings) { $1 }, testbed: testbed)
  }

  /// Sends `count` numbered datagrams of `size` bytes, `rate` a second (0: as fast as it goes), to port 7000 of the
  /// application.
  func send(_ count: Int, size: Int = 200, rate: Int = 10_000) throws {
    _ = try testbed.runScript(
      "udp_sender.py", [Testbed.Address.app, "7000", String(count), String(size), String(rate)], in: testbed.peer)
  }

  /// Waits until the log has a line with `text`.
  func awaitLog(_ text: String, within seconds: Double = 10) throws {
    try eventually("the log to say \"\(text)\"; it says: \(forwarder.process.errorOutput)", within: seconds) {
      forwarder.process.errorOutput.contains(text)
    }
  }
}

extension EndToEnd {
  @Suite struct Faults {
    /// One list for each part of the program; the order is that of a frame's way.
    static let table: [Fault] = captureFaults + filterFaults + sendingFaults + lifecycleFaults

    // MARK: Capture

    static let captureFaults = [
      Fault(
        name: "the interface is down for some milliseconds",
        inject: { try CaptureFaults.duringTraffic($0, "ip link set eth0 down; sleep 0.007; ip link set eth0 up") },
        log: ["interface eth0 is lost: it is down", "interface eth0 is back after "],
        counters: { $0.capturedPackets > 10_000 }),
      Fault(
        name: "the interface gets another name",
        inject: {
          // libpcap gives a handle up whose name is gone; opening another one takes it some ten milliseconds.
          try CaptureFaults.duringTraffic(
            $0, "ip link set eth0 down; ip link set eth0 name wan0; ip link set wan0 up",
            tolerance: $0.engine == .libpcap ? 1_000 : 200)
        },
        log: ["interface eth0 is wan0 now", "interface eth0 is back after "],
        counters: { $0.capturedPackets > 10_000 }),
      Fault(
        name: "the interface is deleted and made again",
        inject: { bench in
          try bench.testbed.app.run(["ip", "link", "delete", "eth0"])
          try bench.awaitLog("interface eth0 is lost: it is gone")
          try bench.testbed.addTrafficLink(mtu: 1500)
          try bench.send(2_000)
          try CaptureFaults.expectAllSeen(bench)
        },
        log: ["interface eth0 is lost: it is gone", "interface eth0 is back after "],
        counters: { $0.capturedPackets > 1_900 }),
      Fault(
        name: "no more descriptors while running",
        inject: { bench in
          let limit = ["prlimit", "--pid", String(bench.forwarder.process.processID), "--nofile=3:3"]
          try bench.testbed.app.run(limit)
          try CaptureFaults.duringTraffic(bench, "sleep 1.5; ip link set eth0 down; ip link set eth0 up")
          #expect(!bench.forwarder.process.errorOutput.contains("there are: ;"))
        },
        log: ["interface eth0 is back after "],
        counters: { $0.capturedPackets > 10_000 }),
    ]

    /// A frame that the kernel cannot describe to the ring leaves a slot of stale bytes in the middle of a block: it is
    /// the kernel's drop, and all others are mirrored. libpcap gets it whole.
    @Test(arguments: Engine.allCases) func slotWithoutAFrame(_ engine: Engine) throws {
      try withTestbed { testbed in
        let tap = try testbed.startScript("tap_frames.py", ["tap0", "40", "7000"], in: testbed.app)
        let bench = try FaultBench(testbed, engine, ["INTERFACE": "tap0"])
        tap.signal(SIGUSR1)
        try eventually("the frames: \(tap.errorOutput)") { tap.output.contains("sent") }
        let lines = try StatisticsLine.lines(of: try bench.forwarder.stop())
        let total = try #require(lines.last).total
        #expect(total.capturedPackets == (engine == .ring ? 80 : 81))
        #expect(total.kernelDroppedPackets == (engine == .ring ? 1 : 0))
        #expect(total.isBalanced)
      }
    }

    /// The end of a process that has not run for a while: what is in the ring is handed over or counted.
    @Test(arguments: Engine.allCases) func theEndOfAStoppedProcess(_ engine: Engine) throws {
      try withTestbed { testbed in
        let bench = try FaultBench(testbed, engine, ["BUFFER_SIZE": "2MiB"])
        bench.forwarder.process.signal(SIGSTOP)
        try bench.send(30_000, rate: 0)
        bench.forwarder.process.signal(SIGTERM)
        bench.forwarder.process.signal(SIGCONT)
        #expect(try bench.forwarder.process.wait(seconds: 5) == .status(0))
        let total = try #require(try StatisticsLine.lines(of: bench.forwarder.process.output).last).total
        #expect(total.capturedPackets + total.kernelDroppedPackets == 30_000)
        #expect(total.capturedPackets > 0 && total.kernelDroppedPackets > 1_000)
      }
    }

    // MARK: Filters and own traffic

    static let filterFaults: [Fault] = []

    // MARK: Sending

    static let sendingFaults: [Fault] = []

    // MARK: Logs, signals, limits

    static let lifecycleFaults: [Fault] = []

    @Test(arguments: table) func isSaidAndCounted(_ fault: Fault) throws {
      for engine in fault.engines {
        try withTestbed { testbed in
          let bench = try FaultBench(testbed, engine, fault.settings)
          try fault.inject(bench)
          let total = try bench.forwarder.stopWithTotal()
          let lines = bench.forwarder.process.errorOutput.split(separator: "\n")
          for text in fault.log {
            #expect(lines.contains { $0.contains(text) }, "\(engine): no line says \"\(text)\": \(lines)")
          }
          #expect(fault.counters(total), "\(engine): \(total)")
        }
      }
    }
  }
}
