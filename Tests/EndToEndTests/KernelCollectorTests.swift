import Testing

extension EndToEnd {
  /// The kernel's own VXLAN device as the collector.
  @Suite struct KernelCollector {
    @Test(arguments: Engine.allCases, [(1, "auto"), (42, "auto"), (42, "on")])
    func acceptsEveryDatagram(_ engine: Engine, _ setup: (vni: Int, reports: String)) throws {
      let vni = setup.vni
      try withTestbed { testbed in
        try testbed.collector.ip(
          """
          link add vx0 mtu 65535 type vxlan id \(vni) dstport 4789 local \(Testbed.Address.collector) \
          dev mirror0 nolearning
          link set vx0 up
          """)
        var environment = [
          "BPF_FILTER": "tcp", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0", "MTU": "9000",
          "STAT_FORMAT": "json", "CAPTURE": engine.rawValue, "REPORTS": setup.reports,
        ]
        if vni != 1 { environment["VNI"] = String(vni) }
        let file = try testbed.serveRandomFile(byteCount: 2_000_000)
        let forwarder = try Forwarder(environment, testbed: testbed)
        try testbed.fetch(file, from: Testbed.Address.app)
        try testbed.fetch(file, from: Testbed.Address.app6)
        try testbed.waitForClosedConnections()
        let lines = try forwarder.stopWithStatistics()
        let total = try #require(lines.last).total
        let reports = lines.reduce(0) { $0 + $1.collectors.reduce(0) { $0 + $1.reports } }
        #expect((reports > 0) == (setup.reports == "on"))
        #expect(total.sentDatagrams > 400)
        #expect(try testbed.collector.counter("rx_packets", of: "vx0") == total.sentDatagrams + reports)
        // Of a protocol that nobody knows.
        #expect(try testbed.collector.counter("rx_dropped", of: "vx0") <= reports)
        #expect(try testbed.collector.counter("rx_errors", of: "vx0") == 0)
      }
    }
  }
}
