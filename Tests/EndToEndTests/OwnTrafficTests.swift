import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// The forwarder's own datagrams are known by where they come from, whatever happens to their addresses on the way to
  /// the tap; and what only looks like them is mirrored.
  @Suite struct OwnTraffic {
    /// Where DESTINATION seems to be, before a rule moves it to the collector.
    private static let front = "203.0.113.50"
    private static let payload = [UInt8](repeating: 0x5A, count: 24)

    private func environment(_ engine: Engine, _ more: [String: String] = [:]) -> [String: String] {
      let common = [
        "BPF_FILTER": "udp or icmp", "DESTINATION": Testbed.Address.collector, "INTERFACE": "any",
        "STAT_FORMAT": "json", "CAPTURE": engine.rawValue,
      ]
      return common.merging(more) { $1 }
    }

    private func send(_ count: Int, _ testbed: Testbed) throws {
      try testbed.runScript(
        "udp_sender.py", [Testbed.Address.app, "7000", "\(count)", "300", "2000"], in: testbed.peer)
    }

    /// Rules for what the application's host sends.
    private func addOutputRules(_ rules: [String], _ testbed: Testbed) throws {
      try testbed.app.run(["nft", "add table ip own"])
      try testbed.app.run(["nft", "add chain ip own output { type nat hook output priority -100; }"])
      for rule in rules { try testbed.app.run(["nft", "add rule ip own output \(rule)"]) }
    }

    /// Sends datagrams past the forwarder and checks that they are all it mirrors, beside the ICMP errors about them.
    private func expectNoFeedback(_ forwarder: Forwarder, _ recorder: Recorder, port: Int, _ testbed: Testbed) throws {
      try send(500, testbed)
      let total = try forwarder.stopWithTotal()
      // A loop leaves more than a decoder can read in reasonable time.
      try #require(total.sentDatagrams <= 1_000, "\(total)")
      try Recorder.stop(recorder)
      let inner = Tshark(try recorder.mirror(port: port).innerPath, testbed: testbed)
      #expect(try inner.count("udp.dstport==\(port) || udp.dstport==4789") == 0)
      #expect(try inner.count("udp.dstport==7000 && !icmp") == 500)
    }

    /// Destination NAT in the namespace, as service meshes and load balancers do it: the tap on the interface sees
    /// another address and port than was sent to, the tap's own host answers with ICMP.
    @Test(.whereInstalled(["nft"]), arguments: Engine.allCases) func destinationNAT(_ engine: Engine) throws {
      try withTestbed { testbed in
        try testbed.app.ip("route add \(Self.front)/32 via \(Testbed.Address.collector)")
        try addOutputRules(
          ["ip daddr \(Self.front) udp dport 4789 dnat to \(Testbed.Address.collector):4790"], testbed)
        let recorder = try testbed.recordMirror(port: 4790)
        let forwarder = try Forwarder(environment(engine, ["DESTINATION": Self.front]), testbed: testbed)
        try expectNoFeedback(forwarder, recorder, port: 4790, testbed)
        #expect(try testbed.collector.kernelCounter("IcmpOutDestUnreachs") > 0)
      }
    }

    /// An IPv4 collector in IPv6 clothes sends IPv4 packets.
    @Test(arguments: Engine.allCases) func mappedAddress(_ engine: Engine) throws {
      try withTestbed { testbed in
        let more = [
          "DESTINATION": "[::ffff:\(Testbed.Address.collector)]", "BPF_FILTER": "udp dst port 7000 or udp port 4789",
        ]
        let forwarder = try Forwarder(environment(engine, more), testbed: testbed)
        try send(500, testbed)
        let total = try forwarder.stopWithTotal()
        #expect(total.capturedPackets == 500 && total.forwardedPackets == 500, "\(total)")
      }
    }

    /// The ports that the forwarder sends from.
    private func sourcePorts(_ testbed: Testbed) throws -> [Int] {
      let sockets = try testbed.app.run(["ss", "-Hun", "state", "established"])
      let ports = sockets.split(separator: "\n").compactMap { line -> Int? in
        let columns = line.split(separator: " ")
        return columns.count > 2 ? columns[2].split(separator: ":").last.flatMap { Int($0) } : nil
      }
      return ports.filter { $0 >= 49_152 }
    }

    /// An IPv4 UDP packet; the checksum of UDP is left out.
    private static func packet(_ source: [UInt8], _ destination: [UInt8], from port: Int, options: Int = 0) -> [UInt8] {
      func field(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
      let length = 20 + options + 8 + payload.count
      var header =
        [UInt8(0x45 + options / 4), 0] + field(length) + [0, 1, 0x40, 0, 64, 17, 0, 0] + source + destination
      header += [UInt8](repeating: 1, count: options)
      let sum = stride(from: 0, to: header.count, by: 2).reduce(0) { $0 + header.field16(at: $1) }
      header.replaceSubrange(10..<12, with: field(~((sum & 0xffff) + sum >> 16) & 0xffff))
      return header + field(port) + field(7_000) + field(8 + payload.count) + [0, 0] + payload
    }

    private func inject(_ frames: [[UInt8]], on interface: String, of host: NetworkNamespace, _ testbed: Testbed) throws
    {
      let digits = frames.map { $0.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
      try testbed.runScript("send_frames.py", [interface] + digits, in: host)
    }

    /// Under tags, with IP options, cut short: what leaves from our ports is ours, what comes in from the same ports of
    /// another host is not, and a frame that is too short to tell is mirrored.
    @Test(arguments: Engine.allCases) func inboundAndOutboundAreToldApart(_ engine: Engine) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine, ["BPF_FILTER": "", "INTERFACE": "eth0"]), testbed: testbed)
        let port = try #require(try sourcePorts(testbed).first)
        let tags: [[UInt8]] = [
          [], [0x81, 0, 0, 7], [0x88, 0xA8, 0, 7, 0x81, 0, 0, 9], [0x81, 0, 0, 7, 0x81, 0, 0, 9],
        ]
        func frames(_ last: UInt8, _ count: Int? = nil) -> [[UInt8]] {
          tags.flatMap { tag in
            [0, 4, 40].map { options in
              let packet = Self.packet([192, 0, 2, 9], [192, 0, 2, last], from: port, options: options)
              let whole = [2, 0, 0, 0, 0, last, 2, 0, 0, 0, 0, 0x77] + tag + [8, 0] + packet
              // The UDP header ends the same number of bytes before the end.
              return count.map { Array(whole.dropLast(Self.payload.count + $0)) } ?? whole
            }
          }
        }
        try inject(frames(31), on: "eth0", of: testbed.app, testbed)
        try inject(frames(32), on: "eth0", of: testbed.peer, testbed)
        // Without the destination port nobody can tell; 14 bytes are the least that the kernel sends.
        try inject(frames(33, 5), on: "eth0", of: testbed.app, testbed)
        _ = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        let mirrored = try recorder.mirror().mirror.inner.map { $0.bytes[5] }
        #expect(mirrored.filter { $0 == 31 }.isEmpty)
        #expect(mirrored.filter { $0 == 32 }.count == 12)
        #expect(mirrored.filter { $0 == 33 }.count == 12)
      }
    }

    /// Without an Ethernet header the kernel's filter does not judge (ring), or judges IP packets (libpcap).
    @Test(.enabled(if: access("/dev/net/tun", R_OK | W_OK) == 0), arguments: Engine.allCases)
    func byDirectionOnTun(_ engine: Engine) throws {
      try withTestbed { testbed in
        let counter = "\(testbed.directory)/answered"
        _ = try testbed.startScript(
          "tun_device.py", ["tun0", counter, "203.0.113.1/24", "2001:db8:3::1/64"], in: testbed.app)
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine, ["INTERFACE": "tun0,eth0"]), testbed: testbed)
        let port = try #require(try sourcePorts(testbed).first)
        let packet = Self.packet([203, 0, 113, 1], [203, 0, 113, 2], from: port)
        try inject([[UInt8]](repeating: packet, count: 10), on: "tun0", of: testbed.app, testbed)
        try eventually("the far end's answers") {
          Int(String(decoding: FileManager.default.contents(atPath: counter) ?? Data(), as: UTF8.self)) ?? 0 >= 10
        }
        _ = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        let inner = Tshark(try recorder.mirror().innerPath, testbed: testbed)
        #expect(try inner.count("ip.src==203.0.113.1 && udp.srcport==\(port) && !icmp") == 0)
        #expect(try inner.count("ip.src==203.0.113.2 && udp.srcport==\(port) && !icmp") == 10)
      }
    }

    /// ECS on EC2 with host networking: the credentials' address is redirected to the agent's port on loopback.
    @Test(.whereInstalled(["nft"]), arguments: Engine.allCases, [false, true])
    func redirectedCredentials(_ engine: Engine, isWanted: Bool) throws {
      try withTestbed { testbed in
        try testbed.app.ip("route add 169.254.170.2/32 dev eth0")
        try addOutputRules(["ip daddr 169.254.170.2 tcp dport 80 dnat to 127.0.0.1:51679"], testbed)
        _ = try testbed.serveRandomFile(byteCount: 1_000, port: 51_679)
        let recorder = try testbed.recordMirror()
        let more = ["BPF_FILTER": "tcp", "MIRROR_METADATA": isWanted ? "yes" : "no"]
        let forwarder = try Forwarder(environment(engine, more), testbed: testbed)
        for url in ["http://169.254.170.2/file", "http://[::1]:51679/file"] {
          try testbed.app.run(["curl", "-gsS", "--fail", "--max-time", "10", "-o", "/dev/null", url])
        }
        try testbed.waitForClosedConnections()
        let total = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        guard isWanted else { return #expect(total.capturedPackets == 0) }
        let inner = Tshark(try recorder.mirror().innerPath, testbed: testbed)
        #expect(try inner.count("tcp.dstport==51679 && http.request") == 2)
      }
    }

    /// Sixteen addresses within the memory that a kernel before 6.7 has for filters, old and new together.
    @Test(arguments: Engine.allCases) func filtersInLittleMemory(_ engine: Engine) throws {
      try withTestbed { testbed in
        try testbed.app.run(["sh", "-c", "echo 20480 >/proc/sys/net/core/optmem_max"])
        let (before, after) = ((10...25).map { "2001:db8:2::\($0)" }, (30...45).map { "2001:db8:2::\($0)" })
        try testbed.collector.ip(
          (before + after).map { "address add \($0)/128 dev mirror0 nodad" }.joined(separator: "\n"))
        let more = ["DESTINATION": Testbed.collectorName, "RESOLVE_INTERVAL": "1", "BPF_FILTER": "udp dst port 7000"]
        let forwarder = try Forwarder(environment(engine, more), testbed: testbed, addresses: before)
        try send(100, testbed)
        _ = try testbed.hosts(after)
        try eventually("the change: \(forwarder.process.errorOutput)") {
          forwarder.process.errorOutput.contains("sending to [2001:db8:2::30]")
        }
        try send(100, testbed)
        #expect(!forwarder.process.errorOutput.contains("SO_ATTACH_FILTER"))
        #expect(try forwarder.stopWithTotal().forwardedPackets == 200)
      }
    }
  }
}
