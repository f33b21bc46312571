import Foundation
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
  }
}
