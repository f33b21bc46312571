import Foundation

/// The servers of an application that speaks every protocol, and the traffic of one peer with all of them.
struct MixedTraffic {
  static let programs = NginxServer.programs + ["ping"]

  /// Datagrams that the QUIC-like sender hands to the kernel many at a time (UDP_SEGMENT), in each direction and over
  /// each IP version: their port, their size in bytes, and how many there are.
  static let segmented = (port: 4433, size: 1_200, count: 120)
  /// In one super-datagram: one kind exceeds every MTU, the other fits into 9000 bytes whole.
  static let batches = [(count: 40, port: 4433), (count: 3, port: 4434)]
  static let tagged = (port: 7001, count: 10)
  static let pings = 5

  private let testbed: Testbed
  private let files: [String: Data]

  init(testbed: Testbed) throws {
    self.testbed = testbed
    files = ["small": randomData(700), "medium": randomData(60_000), "large": randomData(200_000)]
    let server = try NginxServer(files: files, testbed: testbed)
    _ = try testbed.startScript("dns_server.py", ["53"], in: testbed.app)
    _ = try testbed.startScript("tls_echo.py", ["serve", "8443", server.certificate, server.key], in: testbed.app)
  }

  /// Runs all of it, one after the other; throws when anything is not as it should be for the peer.
  ///
  /// - Parameter taggedSize: bytes of payload of a tagged datagram, beside small ones.
  /// - Returns: how many TCP connections it took.
  func run(taggedSize: Int) throws -> Int {
    var exchanges: [HTTPExchange] = []
    for host in [Testbed.Address.app, "[\(Testbed.Address.app6)]"] {
      exchanges += try testbed.fetch(files, from: "http://\(host)")
      exchanges += try testbed.fetch(files, from: "https://\(host)", options: ["--http1.1"])
      exchanges += try testbed.fetch(files, from: "https://\(host)", options: ["--http2", "--parallel"])
      exchanges += try testbed.upload(randomData(100_000), to: "http://\(host)/upload/file")
    }
    guard exchanges.filter({ $0.version == "2" }).count == 2 * files.count else {
      throw Failure("HTTP/2 was not spoken: \(exchanges)")
    }
    for address in [Testbed.Address.app, Testbed.Address.app6] {
      try testbed.runScript("tls_echo.py", ["send", address, "8443", "100000"], in: testbed.peer)
      try testbed.runScript("dns_queries.py", [address, "53", "60"], in: testbed.peer)
      for size in [56, 20_000] {
        let arguments = ["-q", "-n", "-c", String(Self.pings), "-i", "0.01", "-s", String(size), address]
        try testbed.peer.run(["ping"] + arguments)
      }
    }
    try sendSegmented()
    try sendTagged(sizes: [100, taggedSize])
    return Set(exchanges.map { "\($0.localAddress) \($0.localPort)" }).count + 2
  }

  /// The ports are closed, so it also makes ICMP and ICMPv6 errors.
  private func sendSegmented() throws {
    let ways = [
      (testbed.app, [Testbed.Address.peer, Testbed.Address.peer6]),
      (testbed.peer, [Testbed.Address.app, Testbed.Address.app6]),
    ]
    for (host, addresses) in ways {
      for address in addresses {
        for batch in Self.batches {
          try NumberedDatagrams.send(
            Self.segmented.count, size: Self.segmented.size, to: address, port: batch.port, batch: batch.count,
            from: host, testbed: testbed)
        }
      }
    }
  }

  private func sendTagged(sizes: [Int]) throws {
    let ways = [
      (testbed.app, [Testbed.MAC.peer, Testbed.MAC.app]), (testbed.peer, [Testbed.MAC.app, Testbed.MAC.peer]),
    ]
    for (host, ends) in ways {
      for size in sizes {
        let numbers = [Self.tagged.port, Self.tagged.count, size].map(String.init)
        try testbed.runScript("tagged_datagrams.py", ["eth0"] + ends + numbers, in: host)
      }
    }
  }
}
