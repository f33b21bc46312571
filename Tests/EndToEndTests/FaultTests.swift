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
  /// What the network is like before the forwarder starts.
  var prepare: @Sendable (Testbed) throws -> Void = { _ in }
  /// Injects the fault and waits until the forwarder has dealt with it.
  let inject: @Sendable (FaultBench) throws -> Void
  /// What the log then says: each a substring of one line.
  let log: [String]
  /// What no line of it may say.
  var silent: [String] = []
  /// Frames that libpcap may lose in the kernel when its handle has to be opened again; counted all the same.
  var kernelDropsOfLibpcap = 0
  /// What the last statistics line says.
  let counters: @Sendable (Counters) -> Bool

  var testDescription: String { name }
}

/// A forwarder under a fault: the network, the running program, and paced traffic to mirror.
final class FaultBench {
  let testbed: Testbed
  let engine: Engine
  let forwarder: Forwarder
  /// What a fault has started, and its end stops.
  var tracer: Subprocess?
  var traffic: Subprocess?

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
        kernelDropsOfLibpcap: 1_000,
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

    static let sendingFaults = [
      Fault(
        name: "the source address is replaced",
        inject: { bench in
          try bench.send(100)
          try bench.testbed.app.ip("address del 198.51.100.1/24 dev mirror0\naddress add 198.51.100.9/24 dev mirror0")
          try bench.awaitLog("it is now reached from 198.51.100.9", within: 2)
          try bench.send(1_000)
        },
        log: ["sockets to 198.51.100.2:4789 are made anew: it is now reached from 198.51.100.9"],
        counters: { $0.capturedPackets == 1_100 && $0.forwardedPackets == 1_100 }),
      Fault(
        name: "a firewall answers host-prohibited (firewalld's default)",
        inject: { bench in
          try bench.testbed.collector.reject("icmp type host-prohibited")
          for _ in 0..<20 { try bench.send(50, rate: 0) }
          try bench.awaitLog("host prohibited from 198.51.100.2")
        },
        log: ["ICMP errors about datagrams to 198.51.100.2:4789: host prohibited from 198.51.100.2"],
        counters: { $0.capturedPackets == 1_000 && $0.forwardedPackets == 1_000 && $0.droppedPackets.all == 0 }),
      Fault(
        name: "nobody listens on the port",
        inject: { bench in
          for _ in 0..<20 { try bench.send(50, rate: 0) }
          try bench.awaitLog("port unreachable")
        },
        log: ["port unreachable from 198.51.100.2: harmless if it only sniffs"],
        counters: { $0.capturedPackets == 1_000 && $0.forwardedPackets == 1_000 }),
      Fault(
        name: "a firewall here forbids it",
        inject: { bench in
          try bench.testbed.app.nft(
            "table inet f { chain out { type filter hook output priority 0; udp dport 4789 drop; }; }")
          try bench.send(500)
          try bench.awaitLog("not sent: EPERM")
          try bench.testbed.app.nft("flush ruleset")
          try bench.send(500)
          try bench.awaitLog("are sent again")
        },
        log: ["were not sent: EPERM", "datagrams to 198.51.100.2:4789 are sent again"],
        counters: { $0.droppedPackets.send == ["EPERM": 500] && $0.forwardedPackets == 500 }),
      Fault(
        name: "a blackhole route for a moment",
        inject: { bench in
          try bench.testbed.app.ip("route add blackhole 198.51.100.2/32")
          try bench.send(300)
          try bench.testbed.app.ip("route del blackhole 198.51.100.2/32")
          try bench.send(1_000)
          try bench.awaitLog("not sent: EINVAL")
        },
        log: ["were not sent: EINVAL"], silent: ["go one by one"],
        counters: { $0.droppedPackets.send == ["EINVAL": 300] && $0.forwardedPackets == 1_000 }),
      Fault(
        name: "the queue of the device is full",
        inject: { bench in
          try bench.testbed.app.run(
            [
              "tc", "qdisc", "add", "dev", "mirror0", "root", "tbf", "rate", "20mbit", "burst", "100kb", "limit",
              "100kb",
            ])
          try bench.send(5_000, size: 1_000, rate: 0)
          try bench.awaitLog("not sent: ENOBUFS")
        },
        log: ["were not sent: ENOBUFS"],
        counters: { total in
          total.capturedPackets == 5_000 && total.droppedPackets.send["ENOBUFS", default: 0] > 0
            && total.forwardedPackets + total.droppedPackets.all == 5_000
        }),
      Fault(
        name: "one of two collectors is slow",
        // Less than a second of this traffic: longer waits for the slow one would lose frames.
        settings: [
          "DESTINATION": "\(Testbed.Address.collector),203.0.113.2", "DESTINATION_MODE": "copy", "BUFFER_SIZE": "8MiB",
        ],
        prepare: { try SendingFaults.addSlowCollector($0) },
        inject: { bench in
          try bench.send(30_000, size: 1_000)
          try bench.awaitLog("203.0.113.2:4789 were not sent: EAGAIN")
          try eventually("the other collector to get all") {
            try bench.testbed.collector.counter("rx_packets", of: "mirror0") >= 30_000
          }
        },
        log: ["203.0.113.2:4789 were not sent: EAGAIN"], silent: ["198.51.100.2:4789 were not sent"],
        counters: { total in
          total.forwardedPackets == 30_000 && total.kernelDroppedPackets == 0
            && (30_000..<60_000).contains(total.sentDatagrams)
        }),
      Fault(
        name: "the path shrinks",
        inject: { bench in
          try bench.testbed.app.ip("route replace 198.51.100.0/24 dev mirror0 mtu 1300")
          try bench.awaitLog("now carries 1300 bytes", within: 2)
          try bench.send(100, size: 1_400)
        },
        log: ["the route to 198.51.100.2:4789 now carries 1300 bytes, before 9001"],
        counters: { $0.forwardedPackets == 100 && $0.fragmentedPackets == 100 }),
      Fault(
        name: "all usual source ports are taken by another user",
        prepare: { testbed in
          _ = try testbed.startScript("take_ports.py", ["49152", "65535", "65534"], in: testbed.app)
        },
        inject: { try $0.send(100) },
        log: ["no 4 consecutive UDP ports are free in 49152-65535; sending from"],
        counters: { $0.forwardedPackets == 100 }),
    ]

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
          "filter \"udp dst port 7000\", sending to 198.51.100.2:4789", ", VNI 1, MTU 9001, ", "RESOLVE_INTERVAL=1",
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
          try fault.prepare(testbed)
          let bench = try FaultBench(testbed, engine, fault.settings)
          try fault.inject(bench)
          let total = try bench.forwarder.stopWithTotal(
            kernelDrops: engine == .libpcap ? fault.kernelDropsOfLibpcap : 0)
          let lines = bench.forwarder.process.errorOutput.split(separator: "\n")
          for text in fault.log {
            #expect(lines.contains { $0.contains(text) }, "\(engine): no line says \"\(text)\": \(lines)")
          }
          for text in fault.silent {
            #expect(!lines.contains { $0.contains(text) }, "\(engine): a line says \"\(text)\": \(lines)")
          }
          #expect(fault.counters(total), "\(engine): \(total)")
        }
      }
    }
  }
}
