import Foundation
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

    static let captureFaults: [Fault] = []

    // MARK: Filters and own traffic

    static let filterFaults: [Fault] = []

    // MARK: Sending

    static let sendingFaults: [Fault] = []

    // MARK: Logs, signals, limits

    static let lifecycleFaults: [Fault] = [
      Fault(
        name: "the collector cannot be reached for some seconds",
        inject: { bench in
          try bench.send(100)
          try bench.testbed.app.ip("route add prohibit \(Testbed.Address.collector)")
          try bench.send(8_000, rate: 2_000)
          try bench.testbed.app.ip("route del prohibit \(Testbed.Address.collector)")
          try bench.awaitLog("not one of the ")
          try bench.send(8_000, rate: 2_000)
          try bench.awaitLog("frames are forwarded again")
        },
        log: [
          "packet-forwarder 0.1.0: capturing on eth0 (",
          "filter \"udp dst port 7000\", sending to 198.51.100.2:4789, VNI 1, MTU 9001", "RESOLVE_INTERVAL=1",
          "not one of the ", "frames are forwarded again",
        ],
        counters: { $0.droppedTotal > 0 && $0.forwardedPackets > 2_000 }),
      Fault(
        name: "no traffic for ten intervals",
        inject: { bench in
          try bench.awaitLog("no frame was seen for 10 s", within: 15)
          try bench.send(100)
          try bench.awaitLog("frames are seen again")
        },
        log: ["is there traffic that INTERFACE and BPF_FILTER take?", "frames are seen again, after 1"],
        counters: { $0.forwardedPackets == 100 }),
    ]

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
