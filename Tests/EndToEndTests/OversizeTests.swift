import Foundation
import Testing

extension EndToEnd {
  /// Frames that do not fit into the MTU, of every kind but bulk TCP.
  @Suite struct Oversize {
    /// An engine, the MTU asked for, and that of the links.
    typealias Setup = (engine: Engine, mtu: Int, linkMTU: Int)

    static let setups: [Setup] = Engine.everyWay.flatMap { engine in
      [(engine, 9000, 9001), (engine, 1500, 1500), (engine, 1280, 1500)]
    }

    private func environment(_ setup: Setup, _ more: [String: String] = [:]) -> [String: String] {
      let common = [
        "BPF_FILTER": "not tcp", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
        "MTU": String(setup.mtu), "STAT_FORMAT": "json", "CAPTURE": setup.engine.setting,
      ]
      return common.merging(more) { $1 }
    }

    /// Super-datagrams (UDP_SEGMENT, as QUIC senders make them) are the datagrams that they were made of; where the
    /// engine cannot know these, one large datagram in fragments.
    @Test(arguments: setups) func superDatagrams(_ setup: Setup) throws {
      try withTestbed(mirrorMTU: setup.linkMTU, trafficMTU: setup.linkMTU) { testbed in
        let forwarder = try Forwarder(environment(setup), testbed: testbed, launcher: setup.engine.launcher)
        var total = Counters.zero
        let recordings = try testbed.record(filter: "udp") {
          for address in [Testbed.Address.peer, Testbed.Address.peer6] {
            try NumberedDatagrams.send(
              1_000, size: 1_200, to: address, perSecond: 20_000, batch: 40, from: testbed.app,
              testbed: testbed)
          }
        } stop: {
          total = try forwarder.stopWithTotal()
        }
        #expect(recordings.mirror.longestOuter <= setup.mtu)
        #expect(total.droppedPackets.all == 0)
        #expect(total.truncatedPackets == 0)
        #expect(try recordings.inner.badChecksums() == 0)
        #expect(try recordings.direct.count("udp.length > 40000") == 2 * 25, "super-datagrams are captured")
        let expected = NumberedDatagrams.payloads(1_000, size: 1_200)
        for version in ["ip", "ipv6"] {
          let payloads = try NumberedDatagrams.payloads(in: recordings.inner, filter: version)
          if setup.engine.knowsDatagramSize {
            #expect(payloads == expected)
          } else {
            #expect(payloads.joined() == expected.joined())
            #expect(total.fragmentedPackets >= 50)
          }
        }
      }
    }

    /// Datagrams and echo requests of 20,000 bytes, which are IP fragments already, are fragmented again.
    @Test(arguments: setups) func largeDatagrams(_ setup: Setup) throws {
      try withTestbed(mirrorMTU: setup.linkMTU, trafficMTU: setup.linkMTU) { testbed in
        let forwarder = try Forwarder(environment(setup), testbed: testbed, launcher: setup.engine.launcher)
        var total = Counters.zero
        let recordings = try testbed.record(filter: "not tcp") {
          for address in [Testbed.Address.app, Testbed.Address.app6] {
            try NumberedDatagrams.send(
              10, size: 20_000, to: address, perSecond: 500, from: testbed.peer, testbed: testbed)
          }
          try testbed.runScript("echo_requests.py", [Testbed.Address.app, "10", "20000"], in: testbed.peer)
        } stop: {
          total = try forwarder.stopWithTotal()
        }
        #expect(recordings.mirror.longestOuter <= setup.mtu)
        #expect(total.droppedPackets.all == 0)
        #expect(total.truncatedPackets == 0)
        #expect(total.fragmentedPackets > 0)
        let expected = NumberedDatagrams.payloads(10, size: 20_000)
        for version in ["ip", "ipv6"] {
          #expect(try NumberedDatagrams.payloads(in: recordings.inner, filter: version) == expected)
        }
        let names = ["icmp.type", "icmp.seq", "data.data"]
        let echoes = try recordings.direct.fields(names, filter: "icmp.ident==4711")
        #expect(echoes.count == 20)
        #expect(try recordings.inner.fields(names, filter: "icmp.ident==4711") == echoes)
        #expect(try recordings.inner.badChecksums() == 0)
      }
    }

    /// `truncate` cuts the frame and leaves its headers as they are.
    @Test(arguments: Engine.everyWay) func truncateCutsOffWhatDoesNotFit(_ engine: Engine) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let setup: Setup = (engine, 1500, 9001)
        let forwarder = try Forwarder(
          environment(setup, ["OVERSIZE": "truncate"]), testbed: testbed, launcher: engine.launcher)
        for size in [4_000, 1_000] {
          try NumberedDatagrams.send(
            20, size: size, to: Testbed.Address.app, from: testbed.peer, testbed: testbed)
        }
        let total = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        let mirror = try recorder.mirror().mirror
        #expect(mirror.longestOuter == 1500)
        let udp = mirror.inner.filter { $0.bytes.count > 1_000 }.map {
          ($0.bytes.count, $0.bytes.field16(at: 16))
        }
        #expect(udp.filter { $0 == (1500 - 36, 4_028) }.count == 20)
        #expect(udp.filter { $0 == (1_042, 1_028) }.count == 20)
        #expect(total.truncatedPackets == 20)
      }
    }

    /// A frame cut by SNAP_LENGTH keeps its headers and is never segmented as if it were whole.
    @Test(arguments: Engine.everyWay) func snapLength(_ engine: Engine) throws {
      try withTestbed { testbed in
        // The kernel keeps the order of frames only on one core, and it is compared here.
        try testbed.keepToOneCore()
        let setup: Setup = (engine, 1500, 9001)
        let file = try testbed.serveRandomFile(byteCount: 1_000_000)
        let forwarder = try Forwarder(
          environment(setup, ["SNAP_LENGTH": "128", "BPF_FILTER": "tcp"]), testbed: testbed,
          launcher: engine.launcher)
        let recordings = try testbed.record(filter: "tcp") {
          try testbed.fetch(file, from: Testbed.Address.app)
          try testbed.waitForClosedConnections()
        } stop: {
          let total = try forwarder.stopWithTotal()
          #expect(total.segmentedPackets == 0)
          #expect(total.sentDatagrams == total.capturedPackets)
        }
        #expect(recordings.mirror.inner.map(\.bytes.count).max() == 128)
        let names = ["ip.src", "ip.id", "ip.len", "tcp.seq", "tcp.flags"]
        #expect(
          try recordings.inner.fields(names, filter: "tcp") == recordings.direct.fields(names, filter: "tcp"))
      }
    }

    /// SEGMENT=wire shows the segment boundaries of the wire, although the MTU would allow larger ones.
    @Test func segmentsOfTheWire() throws {
      try withTestbed(trafficMTU: 1500) { testbed in
        let file = try testbed.serveRandomFile(byteCount: 2_000_000)
        let forwarder = try Forwarder(
          environment((.ring, 9000, 9001), ["SEGMENT": "wire", "BPF_FILTER": "tcp"]), testbed: testbed)
        let recordings = try testbed.record(filter: "tcp") {
          try testbed.fetch(file, from: Testbed.Address.app)
          try testbed.fetch(file, from: Testbed.Address.app6)
          try testbed.waitForClosedConnections()
        } stop: {
          try forwarder.stop()
        }
        #expect(recordings.mirror.inner.map(\.bytes.count).max() == 14 + 1500)
        #expect(try recordings.direct.count("tcp.len > 1460") > 0)
        #expect(try recordings.inner.badChecksums() == 0)
        #expect(try TCPCoverage(recordings.inner) == TCPCoverage(recordings.direct))
      }
    }
  }
}
