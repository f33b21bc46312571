import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Flows: which source port carries them, and that they stay in order.
  @Suite struct Flows {
    /// Engine, SOURCE_PORTS, WORKERS.
    typealias Setup = (engine: Engine, ports: Int, workers: Int)

    static let setups: [Setup] = [
      (.libpcap, 1, 1), (.libpcap, 4, 1), (.ring, 1, 1), (.ring, 4, 1), (.ring, 4, 2),
    ]

    @Test(arguments: setups) func stayInOrderOnOnePort(_ setup: Setup) throws {
      try withTestbed(trafficMTU: 1500) { testbed in
        let environment = [
          "BPF_FILTER": "tcp or udp port 7000", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
          "MTU": "9000", "STAT_FORMAT": "json", "CAPTURE": setup.engine.rawValue,
          "SOURCE_PORTS": String(setup.ports), "WORKERS": String(setup.workers),
        ]
        let file = try testbed.serveRandomFile(byteCount: 100_000)
        let forwarder = try Forwarder(environment, testbed: testbed)
        // On the sending side: a veth pair has a queue for each core, and may reorder what it delivers.
        let recorder = try Recorder(
          "mirror0", of: testbed.app, filter: "udp dst port 4789 and src net 198.51.100.0/24",
          testbed: testbed)
        for _ in 0..<10 {
          try testbed.fetch(file, from: Testbed.Address.app)
          try testbed.fetch(file, from: Testbed.Address.app6)
        }
        try NumberedDatagrams.send(
          4_000, size: 300, to: Testbed.Address.app, perSecond: 20_000, flows: 40, from: testbed.peer,
          testbed: testbed)
        try testbed.waitForClosedConnections()
        let total = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        let (mirror, innerPath) = try recorder.mirror()
        #expect(mirror.datagrams.count == total.sentDatagrams)

        let ports = Set(mirror.datagrams.map(\.sourcePort))
        #expect(ports.allSatisfy { 49_152...65_535 ~= $0 })
        #expect([setup.ports, setup.ports * setup.workers].contains(ports.count), "\(ports.sorted())")

        let names = ["ip.addr", "ipv6.addr", "tcp.port", "udp.port", "udp.payload"]
        let rows = try Tshark(innerPath, testbed: testbed).fields(names, filter: "frame", occurrence: "a")
        #expect(rows.count == mirror.datagrams.count)
        var portOfFlow: [String: Set<Int>] = [:]
        var numbersOfFlow: [String: [Int]] = [:]
        for (row, datagram) in zip(rows, mirror.datagrams) {
          // Both directions of a connection are one flow.
          let flow = row[0..<4].map { $0.split(separator: ",").sorted().joined(separator: ",") }.joined(
            separator: " ")
          portOfFlow[flow, default: []].insert(datagram.sourcePort)
          if let number = Int(row[4].prefix(8), radix: 16), !row[3].isEmpty {
            numbersOfFlow[flow, default: []].append(number)
          }
        }
        #expect(portOfFlow.count == 20 + 40)
        #expect(portOfFlow.values.allSatisfy { $0.count == 1 }, "one port a flow")
        #expect(numbersOfFlow.count == 40)
        #expect(numbersOfFlow.values.allSatisfy { $0 == $0.sorted() }, "datagrams in their order")
        #expect(numbersOfFlow.values.map(\.count).reduce(0, +) == 4_000)
      }
    }

    /// The forwarder stands still again and again, so that frames go to the hot ring, then to the reserve, and then to the
    /// hot ring again, beside a bulk transfer: every datagram arrives, and none before an older one of its flow.
    @Test func stayInOrderThroughTheReserve() throws {
      try withTestbed(trafficMTU: 1500) { testbed in
        let environment = [
          "BPF_FILTER": "tcp or udp port 7000", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
          "MTU": "9000", "STAT_FORMAT": "json", "CAPTURE": "ring",
        ]
        let (flows, count) = (64, 60_000)
        _ = try testbed.serveRandomFile(byteCount: 20_000_000)
        let forwarder = try Forwarder(environment, testbed: testbed)
        // The protocol of the inner packet is UDP: 39 bytes behind the outer UDP header.
        let recorder = try Recorder(
          "mirror0", of: testbed.app, filter: "udp dst port 4789 and udp[39] == 17", testbed: testbed)
        let sender = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "\(count)", "100", "20000", "1", "\(flows)"],
          in: testbed.peer)
        let download = try testbed.start(
          ["curl", "-s", "-o", "/dev/null"]
            + (0..<20).map { _ in "http://\(Testbed.Address.app):8080/file" }, in: testbed.peer)
        var turn = 0
        while sender.isRunning {
          forwarder.process.signal(SIGSTOP)
          usleep(UInt32(1_000 * (1 + turn * 7 % 40)))
          forwarder.process.signal(SIGCONT)
          usleep(UInt32(1_000 * (5 + turn * 11 % 45)))
          turn += 1
        }
        #expect(try sender.wait(seconds: 5) == .status(0))
        download.terminate()
        try testbed.waitForClosedConnections()
        let total = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        #expect(total.reservePackets > 0, "pauses longer than the hot ring")
        #expect(total.kernelDroppedPackets == 0)
        let mirror = try recorder.mirror().mirror
        var last: [Int: Int] = [:]
        var inversions = 0
        for (frame, number) in zip(mirror.inner, NumberedDatagrams.numbers(mirror)) {
          let flow = frame.bytes.field16(at: 34)
          if number <= last[flow, default: -1] { inversions += 1 }
          last[flow] = number
        }
        #expect(inversions == 0)
        #expect(mirror.inner.count == count)
        #expect(last.count == flows)
      }
    }
  }
}
