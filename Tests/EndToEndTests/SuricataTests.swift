import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Suricata at the collector, checksum validation on: its records are what the client did.
  @Suite(.whereInstalled(NginxServer.programs + ["suricata", "sha256sum"])) struct SuricataRecords {
    /// A connection, as addresses and ports of client and server.
    private typealias Connection = [String]

    private static func connection(_ exchange: HTTPExchange) -> Connection {
      [
        exchange.localAddress, String(exchange.localPort), exchange.remoteAddress, String(exchange.remotePort),
      ]
    }

    private static func connection(_ event: Suricata.Event) throws -> Connection {
      [
        try address(event.srcIp), String(try #require(event.srcPort)), try address(event.destIp),
        String(try #require(event.destPort)),
      ]
    }

    /// An address without the difference between `2001:db8::1` and `2001:0db8:0000:...:0001`.
    private static func address(_ text: String?) throws -> String {
      let text = try #require(text)
      var bytes = in6_addr()
      guard inet_pton(AF_INET6, text, &bytes) == 1 else { return text }
      var short = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
      inet_ntop(AF_INET6, &bytes, &short, socklen_t(short.count))
      return String(decoding: short.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Its records are the same where the forwarder reports.
    @Test(arguments: Engine.allCases, ["auto", "on"]) func equalTheClients(_ engine: Engine, reports: String) throws {
      try withTestbed { testbed in
        let files = ["small": randomData(700), "medium": randomData(60_000), "large": randomData(2_000_000)]
        let upload = randomData(500_000)
        _ = try NginxServer(files: files, testbed: testbed)
        let forwarder = try Forwarder(
          [
            "BPF_FILTER": "tcp", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0", "MTU": "9000",
            "STAT_FORMAT": "json", "CAPTURE": engine.rawValue, "REPORTS": reports,
          ], testbed: testbed)
        var exchanges: [HTTPExchange] = []
        let recordings = try testbed.record(filter: "tcp") {
          for host in [Testbed.Address.app, "[\(Testbed.Address.app6)]"] {
            exchanges += try testbed.fetch(files, from: "http://\(host)")
            exchanges += try testbed.upload(upload, to: "http://\(host)/upload/sent")
          }
          try testbed.waitForClosedConnections()
        } stop: {
          _ = try forwarder.stopWithTotal()
        }
        let mirror = try Suricata(recordings.outerPath, testbed: testbed)
        let statistics = try #require(mirror.statistics)
        let frames = recordings.mirror.datagrams.count + recordings.mirror.controlFrames
        #expect(statistics.decoder.vxlan == frames, "strict VXLAN decoding")
        #expect((recordings.mirror.controlFrames > 0) == (reports == "on"))
        // A report is of a protocol that Suricata does not know; this figure is all that shows of it.
        #expect(statistics.decoder.invalid == recordings.mirror.controlFrames)
        #expect(statistics.tcp.invalidChecksum == 0)

        try compareFlows(mirror, exchanges)
        try compareTransactions(mirror, exchanges)
        try compareFiles(mirror, files.merging(["sent": upload]) { $1 }, testbed: testbed)

        // The same traffic as the interface shows it: checksums that the card would have filled in.
        let direct = try Suricata(recordings.directPath, testbed: testbed)
        #expect(direct.events("http").isEmpty)
        #expect(direct.events("fileinfo").isEmpty)
        #expect(try #require(direct.statistics).tcp.invalidChecksum > 0)
      }
    }

    private func compareFlows(_ mirror: Suricata, _ exchanges: [HTTPExchange]) throws {
      let flows = mirror.events("flow").filter { $0.proto == "TCP" }
      #expect(flows.allSatisfy { $0.appProto == "http" && $0.flow?.state == "closed" })
      let seen = try flows.map(Self.connection)
      let made = Set(exchanges.map(Self.connection))
      #expect(seen.count == made.count)
      #expect(Set(seen) == made)
    }

    private func compareTransactions(_ mirror: Suricata, _ exchanges: [HTTPExchange]) throws {
      let seen = try mirror.events("http").map { event in
        let http = try #require(event.http)
        let host = try #require(http.hostname)
        let url = "http://\(host)\(try #require(http.url))"
        let outcome = [http.httpMethod, http.status.map(String.init), http.length.map(String.init)]
        return try Self.connection(event) + [url] + outcome.map { $0 ?? "nothing" }
      }
      let made = exchanges.map {
        Self.connection($0) + [$0.url, $0.method, String($0.status), String($0.received)]
      }
      #expect(seen.sorted { $0.lexicographicallyPrecedes($1) } == made.sorted { $0.lexicographicallyPrecedes($1) })
    }

    /// Each file once over IPv4 and once over IPv6, by size and SHA-256.
    private func compareFiles(_ mirror: Suricata, _ files: [String: Data], testbed: Testbed) throws {
      let made = try files.flatMap { name, data in
        let path = try testbed.write(data, to: "hashed")
        let hash = try Subprocess.run(["sha256sum", path], in: testbed.directory).prefix(64)
        let line = "\(name) \(data.count) \(String(decoding: hash, as: UTF8.self)) CLOSED"
        return [line, line]
      }
      let seen = try mirror.events("fileinfo").map { event in
        let file = try #require(event.fileinfo)
        let name = try #require(file.filename?.split(separator: "/").last)
        return "\(name) \(file.size ?? -1) \(file.sha256 ?? "no hash") \(file.state ?? "no state")"
      }
      #expect(seen.sorted() == made.sorted())
    }
  }
}
