import Testing

extension EndToEnd {
  /// Everything at once that an application's network shows, as decoders see it in the mirror and on the interface.
  @Suite(.whereInstalled(MixedTraffic.programs)) struct MixedWorkload {
    /// An engine, the MTU asked for, and that of the links.
    typealias Setup = (engine: Engine, mtu: Int, linkMTU: Int)

    static let setups: [Setup] = Engine.everyWay.flatMap { engine in
      [(engine, 9000, 9001), (engine, 1500, 1500), (engine, 1280, 1500)]
    }

    /// The bytes of every stream and the datagrams of every flow, each as often as on the interface.
    @Test(arguments: setups) func everyFlow(_ setup: Setup) throws {
      try withTestbed(mirrorMTU: setup.linkMTU, trafficMTU: setup.linkMTU) { testbed in
        // The kernel keeps the order of frames only on one core, and sequences are compared here.
        try testbed.keepToOneCore()
        let traffic = try MixedTraffic(testbed: testbed)
        let forwarder = try Forwarder(
          [
            "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0", "MTU": String(setup.mtu),
            "STAT_FORMAT": "json", "CAPTURE": setup.engine.setting,
          ], testbed: testbed, launcher: setup.engine.launcher)
        var (connections, total) = (0, Counters.zero)
        let recordings = try testbed.record(filter: "") {
          connections = try traffic.run(taggedSize: setup.linkMTU - 60)
          try testbed.waitForClosedConnections()
        } stop: {
          total = try forwarder.stopWithTotal()
        }
        #expect(recordings.mirror.longestOuter <= setup.mtu)
        #expect(total.droppedPackets.all == 0)
        #expect(total.truncatedPackets == 0)
        #expect(try recordings.inner.badChecksums() == 0)
        try compareStreams(recordings, connections: connections)
        try compareDatagrams(recordings, engine: setup.engine)
      }
    }

    private func compareStreams(_ recordings: Recordings, connections: Int) throws {
      let (direct, mirrored) = try (TCPStreams(recordings.direct), TCPStreams(recordings.inner))
      #expect(direct.bytes.count == 2 * connections)
      #expect(mirrored.bytes.keys == direct.bytes.keys)
      for (direction, bytes) in direct.bytes {
        // Compared first: there are too many bytes to print.
        let isEqual = mirrored.bytes[direction] == bytes
        #expect(isEqual, "\(direction)")
      }
      let (original, copy) = try (TCPCoverage(recordings.direct), TCPCoverage(recordings.inner))
      #expect(copy == original, "nothing twice, nothing missing")
      #expect(original.validSegments < original.segments, "offloads are on")
    }

    private func compareDatagrams(_ recordings: Recordings, engine: Engine) throws {
      let direct = try DatagramFlows(recordings.direct)
      let mirrored = try DatagramFlows(recordings.inner)
      for (flow, payloads) in direct.payloads {
        let isEqual = mirrored.payloads[flow] == payloads
        #expect(isEqual, "\(flow): \(payloads.count) datagrams, \(mirrored.payloads[flow]?.count ?? 0) in the mirror")
      }
      #expect(mirrored.payloads.keys == direct.payloads.keys)

      let (port, size, count) = MixedTraffic.segmented
      #expect(direct.longestSegmented > 40_000, "super-datagrams are captured")
      if engine.knowsDatagramSize { #expect(mirrored.longestSegmented == size) }
      let expected = NumberedDatagrams.payloads(count, size: size)
      for host in [Testbed.Address.app, Testbed.Address.app6, Testbed.Address.peer, Testbed.Address.peer6] {
        let isComplete = direct.payloads(to: host, port: port) == expected
        #expect(isComplete, "to \(host)")
      }
    }
  }
}
