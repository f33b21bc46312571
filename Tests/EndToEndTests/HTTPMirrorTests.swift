import Foundation
import Testing

extension EndToEnd {
  /// A download of 20 MB over IPv4 and over IPv6 with all offloads on, as a collector sees it.
  @Suite struct HTTPMirror {
    private static let size = 20_000_000
    /// For the third way, which is there for how frames are cut and not for how many: tshark takes long.
    private static let smallSize = 5_000_000

    /// One way to run the forwarder.
    struct Setup: Sendable, CustomTestStringConvertible {
      var engine: Engine
      var interface: String
      var mtu: Int
      var linkMTU: Int

      var testDescription: String { "\(engine) on \(interface), MTU \(mtu) on a link of \(linkMTU)" }
    }

    static let setups = Engine.everyWay.flatMap { engine in
      ["any", "eth0"].flatMap { interface in
        [(9000, 9001), (1500, 1500)].map {
          Setup(engine: engine, interface: interface, mtu: $0.0, linkMTU: $0.1)
        }
      }
    }

    /// The published contract: exactly these five variables, and nothing else in the environment.
    @Test func fivePublishedVariables() throws {
      try withTestbed { testbed in
        let environment = [
          "BPF_FILTER": "tcp", "DESTINATION": Testbed.collectorName, "INTERFACE": "any", "MTU": "9000",
          "STAT_DURATION": "30",
        ]
        try mirrorDownloads(environment, testbed: testbed, mtu: 9000, with: .tcpdump) { forwarder in
          let output = try forwarder.stop()
          #expect(!output.isEmpty, "the last statistics line")
        }
      }
    }

    @Test(arguments: setups) func everyByteOfADownloadIsMirrored(_ setup: Setup) throws {
      try withTestbed(mirrorMTU: setup.linkMTU, trafficMTU: setup.linkMTU) { testbed in
        let environment = [
          "BPF_FILTER": "tcp", "DESTINATION": Testbed.collectorName, "INTERFACE": setup.interface,
          "MTU": String(setup.mtu), "STAT_DURATION": "1", "STAT_FORMAT": "json",
          "CAPTURE": setup.engine.setting,
          // Room for a whole download: on one core the forwarder may wait long for its turn, and libpcap's slots are few.
          "BUFFER_SIZE": "128MiB",
        ]
        var lines: [StatisticsLine] = []
        let mirror = try mirrorDownloads(
          environment, testbed: testbed, mtu: setup.mtu, launcher: setup.engine.launcher,
          size: setup.engine == .ringWithoutOffloadHeader ? Self.smallSize : Self.size
        ) { forwarder in
          lines = try forwarder.stopWithStatistics()
        }
        let last = try #require(lines.last)
        #expect(last.engine == setup.engine.setting)
        #expect(last.mtu == setup.mtu)
        #expect(last.total.sentDatagrams == mirror.datagrams.count)
        #expect(last.total.droppedPackets.all == 0)
        #expect(last.total.segmentedPackets > 0)
        #expect(last.total.checksumsFilled > 0)
      }
    }

    /// Over IPv6 as the outer protocol, and with the outer checksums computed before the wire, so that they can be
    /// checked (over IPv6 they are mandatory).
    @Test(arguments: [Testbed.Address.collector, Testbed.Address.collector6])
    func outerChecksums(_ collector: String) throws {
      try withTestbed { testbed in
        try testbed.app.run(["ethtool", "-K", "mirror0", "tx-checksumming", "off"])
        let host = collector.contains(":") ? "[\(collector)]" : collector
        let environment = ["BPF_FILTER": "tcp", "DESTINATION": host, "MTU": "9000"]
        try mirrorDownloads(environment, testbed: testbed, mtu: 9000, hasOuterChecksums: true) { forwarder in
          try forwarder.stop()
        }
      }
    }

    /// Fetches the file over both protocols, and holds the mirror against the direct recording.
    @discardableResult
    private func mirrorDownloads(
      _ environment: [String: String], testbed: Testbed, mtu: Int, hasOuterChecksums: Bool = false,
      launcher: [String] = [], size: Int = Self.size, with program: Recorder.Program = .dumpcap,
      stop: (Forwarder) throws -> Void
    ) throws -> Mirror {
      // A veth pair has a queue for each core: what overtakes there is no doing of the mirror's. Without this tshark
      // failed now and then to put a file together of which every byte was there.
      try testbed.keepToOneCore()
      let file = try testbed.serveRandomFile(byteCount: size)
      let forwarder = try Forwarder(environment, testbed: testbed, launcher: launcher)
      let recordings = try testbed.record(filter: "tcp", with: program) {
        try testbed.fetch(file, from: Testbed.Address.app)
        try testbed.fetch(file, from: Testbed.Address.app6)
        try testbed.waitForClosedConnections()
      } stop: {
        try stop(forwarder)
      }
      let mirror = recordings.mirror
      #expect(mirror.longestOuter <= mtu)
      #expect(mirror.longestOuter > mtu - 100, "segments fill the MTU")
      #expect(mirror.datagrams.allSatisfy { $0.vni == 1 })

      let bodies = try recordings.outer.responseBodies()
      #expect(bodies == [file, file])

      if hasOuterChecksums { #expect(try recordings.outer.badChecksums() == 0) }

      let (original, mirrored) = try (TCPCoverage(recordings.direct), TCPCoverage(recordings.inner))
      #expect(mirrored.segments == mirror.datagrams.count)
      #expect(mirrored.validSegments == mirrored.segments, "no bad checksum")
      #expect(original.payload >= 2 * size, "the direct recording is whole")
      #expect(original.segments < mirrored.segments, "the direct recording has super-frames")
      #expect(mirrored.payload == original.payload)
      #expect(mirrored == original, "each byte and each bare segment as often as in the direct recording")
      return mirror
    }
  }
}
