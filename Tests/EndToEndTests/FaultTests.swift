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

    static let filterFaults: [Fault] = [
      Fault(
        name: "no memory for the filter that excludes new collectors (net.core.optmem_max)",
        settings: ["BPF_FILTER": "udp dst port 7000 or udp port 4789", "INTERFACE": "any"],
        inject: { bench in
          try bench.send(100)
          // Room for the filter of one collector, but not of thirty-two.
          try bench.limitFilterMemory(to: 7_000)
          try bench.moveCollector(to: (1...32).map { "2001:db8:2:0:\($0)::1" })
          try bench.awaitLog("SO_ATTACH_FILTER")
          // Neither these nor, in a circle, what would be sent of them.
          try bench.send(500)
        },
        log: ["SO_ATTACH_FILTER: Cannot allocate memory"],
        counters: { $0.capturedPackets == 100 && $0.sentDatagrams == 100 })
    ]

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
