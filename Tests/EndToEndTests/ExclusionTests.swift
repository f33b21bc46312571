import Foundation
import Testing

extension EndToEnd {
  /// What must never be mirrored, or only once, with an empty filter on all interfaces.
  @Suite struct Exclusions {
    /// Addresses whose answers are secrets.
    static let metadata = [
      "169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23",
    ]

    private func environment(_ engine: Engine, _ more: [String: String] = [:]) -> [String: String] {
      let common = [
        "BPF_FILTER": "", "DESTINATION": Testbed.collectorName, "INTERFACE": "any", "STAT_FORMAT": "json",
        "CAPTURE": engine.rawValue,
      ]
      return common.merging(more) { $1 }
    }

    /// Traffic to the collector inside the mirror, be it whole or quoted by an ICMP error.
    private func feedback(_ inner: Tshark) throws -> Int {
      try inner.count("udp.dstport==4789")
    }

    private func send(
      _ count: Int, to address: String, from host: NetworkNamespace, _ testbed: Testbed
    ) throws {
      try testbed.runScript("udp_sender.py", [address, "7000", "\(count)", "300", "2000"], in: host)
    }

    @Test(arguments: Engine.allCases, [Testbed.Address.collector, Testbed.Address.collector6])
    func noFeedback(_ engine: Engine, collector: String) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine), testbed: testbed, addresses: [collector])
        try send(2_000, to: Testbed.Address.app, from: testbed.peer, testbed)
        let total = try forwarder.stopWithTotal()
        // A loop shows in the figures, and leaves more than a decoder can read in reasonable time.
        try #require(total.sentDatagrams < 2_200)
        // The collector has no socket: each of its ICMP errors, once mirrored, would cause the next one.
        let errors = collector.contains(":") ? "Icmp6OutDestUnreachs" : "IcmpOutDestUnreachs"
        #expect(try testbed.collector.kernelCounter(errors) > 0)
        try Recorder.stop(recorder)
        let (mirror, innerPath) = try recorder.mirror()
        let inner = Tshark(innerPath, testbed: testbed)
        #expect(try feedback(inner) == 0)
        #expect(try inner.count("udp.dstport==7000 && !icmp") == 2_000)
        #expect(total.sentDatagrams == mirror.datagrams.count)
      }
    }

    /// Each packet passes a loopback interface twice, out and in.
    @Test(arguments: Engine.allCases, ["any", "lo"])
    func loopbackOnce(_ engine: Engine, interface: String) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine, ["INTERFACE": interface]), testbed: testbed)
        try send(500, to: "127.0.0.1", from: testbed.app, testbed)
        try send(500, to: "::1", from: testbed.app, testbed)
        try #require(try forwarder.stopWithTotal().sentDatagrams < 2_200)
        try Recorder.stop(recorder)
        let inner = Tshark(try recorder.mirror().innerPath, testbed: testbed)
        let rows = try inner.fields(["ip.dst", "ipv6.dst"], filter: "udp.dstport==7000 && !icmp && !icmpv6")
        #expect(rows.filter { $0 == ["127.0.0.1", ""] }.count == 500)
        #expect(rows.filter { $0 == ["", "::1"] }.count == 500)
        #expect(rows.count == 1_000)
        #expect(try feedback(inner) == 0)
      }
    }

    @Test(arguments: Engine.allCases, [false, true])
    func metadataEndpoints(_ engine: Engine, isWanted: Bool) throws {
      try withTestbed { testbed in
        for address in Self.metadata {
          let suffix = address.contains(":") ? "/128" : "/32"
          try testbed.app.run(["ip", "address", "add", address + suffix, "dev", "lo"])
        }
        _ = try testbed.serveRandomFile(byteCount: 1_000, port: 80)
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(
          environment(engine, ["MIRROR_METADATA": isWanted ? "yes" : "no"]), testbed: testbed)
        for host in Self.metadata + ["127.0.0.1"] {
          let url = host.contains(":") ? "http://[\(host)]/file" : "http://\(host)/file"
          try testbed.app.run(["curl", "-gsS", "--fail", "--max-time", "10", "-o", "/dev/null", url])
        }
        try testbed.waitForClosedConnections()
        _ = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        let inner = Tshark(try recorder.mirror().innerPath, testbed: testbed)
        let names = ["ip.dst", "ipv6.dst", "http.request.method"]
        let rows = try inner.fields(names, filter: "ip || ipv6")
        for host in Self.metadata {
          let packets = rows.filter { $0[0] == host || $0[1] == host }
          #expect(isWanted ? packets.count > 8 : packets.isEmpty, "\(host): \(packets)")
        }
        let requests = rows.filter { $0[0] == "127.0.0.1" && $0[2] == "GET" }
        #expect(requests.count == 1, "the mirror does see loopback")
      }
    }

    /// Whoever asks for nothing but the secrets gets nothing.
    @Test(arguments: Engine.allCases) func filterCannotReachMetadata(_ engine: Engine) throws {
      try withTestbed { testbed in
        try testbed.app.run(["ip", "address", "add", "169.254.170.2/32", "dev", "lo"])
        let forwarder = try Forwarder(
          environment(engine, ["BPF_FILTER": "host 169.254.170.2 or udp port 7001"]), testbed: testbed)
        try send(100, to: "169.254.170.2", from: testbed.app, testbed)
        try testbed.runScript("udp_sender.py", ["127.0.0.1", "7001", "10", "100", "0"], in: testbed.app)
        let total = try forwarder.stopWithTotal()
        #expect(total.forwardedPackets == 10)
      }
    }

    /// Sends datagrams, ends the forwarders, and checks that each has mirrored these, and nothing of the other's.
    private func expectNoFeedback(
      between forwarders: [Forwarder], _ recorder: Recorder, _ testbed: Testbed
    ) throws {
      try send(2_000, to: Testbed.Address.app, from: testbed.peer, testbed)
      let totals = try forwarders.map { try $0.stopWithTotal() }
      try #require(totals.allSatisfy { $0.sentDatagrams < 2_200 }, "\(totals)")
      try Recorder.stop(recorder)
      let (mirror, innerPath) = try recorder.mirror()
      let inner = Tshark(innerPath, testbed: testbed)
      #expect(try feedback(inner) == 0)
      #expect(try inner.count("udp.dstport==7000 && !icmp") == forwarders.count * 2_000)
      #expect(totals.map(\.sentDatagrams).reduce(0, +) == mirror.datagrams.count)
    }

    /// Two forwarders side by side for the same collector do not feed each other.
    @Test(arguments: Engine.allCases) func twoForwarders(_ engine: Engine) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarders = try (0..<2).map { _ in try Forwarder(environment(engine), testbed: testbed) }
        try expectNoFeedback(between: forwarders, recorder, testbed)
      }
    }

    /// Nor do two for different collectors: the later one knows the earlier one, and is noticed by it.
    @Test(arguments: Engine.allCases) func twoForwardersApart(_ engine: Engine) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let collectors = [Testbed.Address.collector, Testbed.Address.collector6]
        let forwarders = try collectors.map { collector in
          try Forwarder(environment(engine, ["DESTINATION": collector]), testbed: testbed)
        }
        // Nothing is mirrored twice from here on, not even once: it looks again at a hang-up.
        forwarders[0].process.signal(SIGHUP)
        for forwarder in forwarders {
          try eventually("the other forwarder to be noticed: \(forwarder.process.errorOutput)") {
            forwarder.process.errorOutput.contains("another forwarder here sends from")
          }
        }
        try expectNoFeedback(between: forwarders, recorder, testbed)
      }
    }

    /// Who only calls itself a forwarder, as another user, can hide nothing.
    @Test(arguments: [65_534, 0]) func onlyOwnUserAndRootAreBelieved(_ user: Int) throws {
      try withTestbed { testbed in
        _ = try testbed.startScript("forwarder_name.py", ["50000", "50003", "\(user)"], in: testbed.app)
        let forwarder = try Forwarder(environment(.ring), testbed: testbed)
        let said = user == 0 ? "another forwarder here sends from UDP ports 50000-50003" : "it is not believed"
        try eventually("it to say \(said): \(forwarder.process.errorOutput)") {
          forwarder.process.errorOutput.contains(said)
        }
        for (source, count) in [("50001", "100"), ("0", "10")] {
          try testbed.runScript(
            "udp_sender.py", [Testbed.Address.peer, "7000", count, "100", "0", "1", "1", source], in: testbed.app)
        }
        let total = try forwarder.stopWithTotal()
        #expect(user == 0 ? (10..<60).contains(total.forwardedPackets) : total.forwardedPackets >= 110, "\(total)")
      }
    }
  }
}
