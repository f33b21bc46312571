import Foundation
import Testing

extension EndToEnd {
  /// ENCRYPTED, FLOW_DEPTH and MIRROR: judges at the collector see all of what they saw before, and the bytes are gone.
  @Suite(.whereInstalled(NginxServer.programs + ["suricata", "tshark"])) struct FlowRules {
    /// What tshark reads of the handshakes.
    private static let handshakeFields = [
      "tcp.srcport", "tcp.dstport", "tls.handshake.type", "tls.handshake.ja3", "tls.handshake.ja3s",
      "tls.handshake.extensions_server_name", "tls.handshake.version", "tls.handshake.ciphersuite",
      "x509sat.printableString",
    ]

    private static func settings(_ engine: Engine, _ rules: [String: String]) -> [String: String] {
      [
        "BPF_FILTER": "tcp", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0", "STAT_FORMAT": "json",
        "CAPTURE": engine.setting,
      ].merging(rules) { $1 }
    }

    /// Handshakes whole, and of a download next to nothing else.
    @Test(arguments: Engine.allCases) func onlyHandshakesOfTLS(_ engine: Engine) throws {
      try withTestbed { testbed in
        let files = ["large": randomData(20_000_000), "small": randomData(700)]
        _ = try NginxServer(files: files, offersTLS13: true, testbed: testbed)
        let forwarder = try Forwarder(Self.settings(engine, ["ENCRYPTED": "handshake"]), testbed: testbed)
        var total: Counters?
        let recordings = try testbed.record(filter: "tcp") {
          for version in [["--tls-max", "1.2"], ["--tlsv1.3"]] {
            for http in ["--http1.1", "--http2"] {
              try testbed.fetch(
                files, from: "https://app.example.com",
                options: version + [http, "--resolve", "app.example.com:443:\(Testbed.Address.app)"])
            }
          }
          try testbed.upload(randomData(3_000_000), to: "https://[\(Testbed.Address.app6)]/upload/sent")
          // What is in the clear is not touched.
          try testbed.fetch(files, from: "http://\(Testbed.Address.app)")
          try testbed.waitForClosedConnections()
        } stop: {
          total = try forwarder.stopWithTotal()
        }
        let mirrored = try Tshark(recordings.outerPath, testbed: testbed)
          .fields(Self.handshakeFields, filter: "tls.handshake", occurrence: "a")
        let direct = try Tshark(recordings.directPath, testbed: testbed)
          .fields(Self.handshakeFields, filter: "tls.handshake", occurrence: "a")
        #expect(direct.count >= 10)
        #expect(Self.handshakes(mirrored) == Self.handshakes(direct))
        let mirror = try Suricata(recordings.outerPath, testbed: testbed)
        let records = Self.records(mirror)
        let all = Self.records(try Suricata(recordings.directPath, hasChecksums: false, testbed: testbed))
        #expect(records == all, "\(records) and not \(all)")
        #expect(records.count == 5 && records.values.count { $0.sni == "app.example.com" } == 4, "\(records)")
        #expect(records.values.allSatisfy { $0.ja3?.hash != nil && $0.ja3s?.hash != nil }, "\(records)")
        #expect(records.values.count { $0.fingerprint != nil } >= 2, "certificates of TLS 1.2")
        #expect(mirror.events("http").count == files.count)

        let counters = try #require(total)
        let encrypted = 4 * 20_000_000 + 3_000_000
        #expect(counters.withheldBytes.encrypted + counters.kernelWithheldBytes > encrypted * 9 / 10)
        // The file in the clear, and one percent of the rest.
        #expect(counters.sentBytes < 20_000_000 * 11 / 10 + encrypted / 100)
        print("ENCRYPTED=handshake over \(engine): \(counters.sentBytes) bytes sent for \(encrypted + 20_000_000)")
      }
    }

    /// What is sent again is there twice in one recording or the other.
    private static func handshakes(_ rows: [[String]]) -> Set<String> { Set(rows.map { $0.joined(separator: " ") }) }

    /// What Suricata says of TLS, by the client's port.
    private static func records(_ judge: Suricata) -> [Int: Suricata.Event.TLS] {
      Dictionary(judge.events("tls").compactMap { event in event.tls.map { (event.srcPort ?? 0, $0) } }) { $1 }
    }

    /// Each request and response is there, bodies are cut.
    @Test(arguments: Engine.allCases) func everyResponseLine(_ engine: Engine) throws {
      try withTestbed { testbed in
        let files = [
          "huge": randomData(30_000_000), "large": randomData(2_000_000), "medium": randomData(60_000),
          "small": randomData(700),
        ]
        let upload = randomData(500_000)
        // It comes in chunks, as nobody knows how long it is when compressed.
        let text = ["text": Data(randomData(40_000).map { "\($0) bottles of beer\n" }.joined().utf8)]
        _ = try NginxServer(files: files.merging(text) { $1 }, testbed: testbed)
        let forwarder = try Forwarder(Self.settings(engine, ["FLOW_DEPTH": "64KiB"]), testbed: testbed)
        var exchanges: [HTTPExchange] = []
        var pipelined: [String] = []
        var total: Counters?
        let recordings = try testbed.record(filter: "tcp") {
          for host in [Testbed.Address.app, "[\(Testbed.Address.app6)]"] {
            // Slow enough for the kernel's filter to take over.
            exchanges += try testbed.fetch(files, from: "http://\(host)", options: ["--limit-rate", "12M"])
            exchanges += try testbed.fetch(files, from: "http://\(host)")
            exchanges += try testbed.upload(upload, to: "http://\(host)/upload/sent")
            exchanges += try testbed.fetch(text, from: "http://\(host)", options: ["--compressed"])
            let paths = ["/medium", "/large", "/text", "/small"]
            let port = try testbed.runScript(
              "http_pipeline.py", [host.trimmingCharacters(in: ["[", "]"]), "80"] + paths, in: testbed.peer)
            pipelined += paths.map { "\(port.trimmingCharacters(in: .newlines)) GET \($0) 200" }
          }
          try testbed.waitForClosedConnections()
        } stop: {
          total = try forwarder.stopWithTotal()
        }
        let mirror = try Suricata(recordings.outerPath, testbed: testbed)
        let seen = mirror.events("http").map { event in
          "\(event.srcPort ?? 0) \(event.http?.httpMethod ?? "") \(event.http?.url ?? "") \(event.http?.status ?? 0)"
        }
        let made = try exchanges.map { exchange in
          let path = try #require(URL(string: exchange.url)).path
          return "\(exchange.localPort) \(exchange.method) \(path) \(exchange.status)"
        }
        #expect(seen.sorted() == (made + pipelined).sorted())
        #expect(try #require(mirror.statistics).tcp.invalidChecksum == 0)
        let states = mirror.events("fileinfo").compactMap { event in
          event.fileinfo.map { "\($0.filename?.split(separator: "/").last ?? "") \($0.state ?? "")" }
        }
        #expect(states.count { $0 == "huge TRUNCATED" } == 4 && states.count { $0 == "small CLOSED" } == 6)
        let counters = try #require(total)
        let beyond = 4 * (30_000_000 + 2_000_000 - 2 * 73_000)
        #expect(counters.withheldBytes.depth + counters.kernelWithheldBytes > beyond * 9 / 10)
        #expect(counters.sentBytes < 128_000_000 / 20)
        if engine == .ring { #expect(counters.kernelWithheldBytes > 0) }
        print("FLOW_DEPTH=64KiB over \(engine): \(counters.sentBytes) bytes sent for \(4 * 32_060_700 + 1_000_000)")
      }
    }

    /// Two hosts that mirror each other's connections: each comes once, all of it.
    @Test(arguments: ["accepted", "opened"]) func eachConnectionOnce(_ side: String) throws {
      try withTestbed { testbed in
        let files = ["large": randomData(1_000_000), "small": randomData(700)]
        _ = try NginxServer(files: files, testbed: testbed)
        let rules = ["MIRROR": side, "SANDBOX": "require", "VNI": "1"]
        let forwarder = try Forwarder(Self.settings(.ring, rules), testbed: testbed)
        // On the peer everything goes nowhere, and its accounts say what it would have sent.
        let environment = Self.settings(.ring, rules).merging(["DESTINATION": "127.0.0.1:9"]) { $1 }
        let other = try Forwarder(environment, testbed: testbed, host: testbed.peer)
        for host in [Testbed.Address.app, "[\(Testbed.Address.app6)]"] {
          try testbed.fetch(files, from: "http://\(host)")
          try testbed.fetch(files, from: "https://\(host)")
        }
        try testbed.waitForClosedConnections()
        let (app, peer) = (try forwarder.stopWithTotal(), try other.stopWithTotal())
        let (mirrors, withholds) = side == "accepted" ? (app, peer) : (peer, app)
        #expect(mirrors.withheldPackets.all == 0 && mirrors.forwardedPackets > 100)
        #expect(withholds.forwardedPackets == 0 && withholds.withheldPackets.otherSide > 100)
      }
    }

    /// The same over a link on which frames overtake each other, with several connections at once in both directions: each
    /// comes from the host that accepted it, every segment as often as that host has seen it, and from nowhere else.
    @Test func eachConnectionOnceThroughReordering() throws {
      try withTestbed { testbed in
        _ = try ReorderingLink(testbed)
        try testbed.addPeerMirrorLink()
        let files = ["a": randomData(300_000), "b": randomData(40_000), "c": randomData(700)]
        _ = try NginxServer(files: files, testbed: testbed)
        _ = try testbed.startScript(
          "http_server.py", ["\(testbed.directory)/nginx/www", ReorderingLink.peer, "8080"], in: testbed.peer)
        func settings(_ destination: String, _ vni: String) -> [String: String] {
          Self.settings(.ring, ["INTERFACE": ReorderingLink.interface, "MIRROR": "accepted", "VNI": vni])
            .merging(["DESTINATION": destination]) { $1 }
        }
        let forwarders = [
          try Forwarder(settings(Testbed.Address.collector, "1"), testbed: testbed),
          try Forwarder(settings(Testbed.collectorOfPeer, "2"), testbed: testbed, host: testbed.peer),
        ]
        let directs = try [testbed.app, testbed.peer].map {
          try Recorder(ReorderingLink.interface, of: $0, filter: "tcp", testbed: testbed)
        }
        let outers = try ["mirror0", "mirror1"].map {
          try Recorder($0, of: testbed.collector, filter: Testbed.mirrorFilter(), testbed: testbed)
        }
        let clients = try (0..<6).map { number in
          let (host, root) =
            number % 2 == 0
            ? (testbed.peer, "http://\(ReorderingLink.app)") : (testbed.app, "http://\(ReorderingLink.peer):8080")
          let names = "{\(files.keys.sorted().joined(separator: ","))}"
          return try testbed.start(
            ["curl", "-sS", "--fail", "--max-time", "60", "-o", "/dev/null", "\(root)/\(names)"], in: host)
        }
        for client in clients { #expect(try client.wait(seconds: 60) == .status(0), "\(client.errorOutput)") }
        try testbed.waitForClosedConnections()
        for host in [testbed.app, testbed.peer] {
          #expect(try host.kernelCounter("TcpExtTCPOFOQueue") > 20, "nothing came out of order")
        }
        let totals = try forwarders.map { try $0.stopWithTotal() }
        for recorder in directs + outers { try Recorder.stop(recorder) }

        for (index, port) in [(0, 80), (1, 8080)] {
          let (mirror, inner) = try outers[index].mirror()
          #expect(mirror.datagrams.allSatisfy { $0.vni == index + 1 })
          // No filter on the mirror: there is nothing else.
          let (mirrored, seen) = (
            Tshark(inner, testbed: testbed), Tshark(directs[index].path, testbed: testbed)
          )
          #expect(try TCPCoverage(mirrored) == TCPCoverage(seen, filter: "tcp.port == \(port)"))
          let streams = try TCPStreams(mirrored)
          #expect(streams.bytes.count == 6 && streams.bytes.values.allSatisfy { !$0.isEmpty })
          #expect(try streams == TCPStreams(seen, filter: "tcp.port == \(port)"))
          #expect(totals[index].droppedTotal == 0 && totals[index].withheldPackets.otherSide > 100)
        }
      }
    }
  }
}
