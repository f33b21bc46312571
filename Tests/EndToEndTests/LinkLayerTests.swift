import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Whatever the interface's link type, the collector gets Ethernet with nothing missing.
  @Suite struct LinkLayer {
    private func environment(_ engine: Engine, interface: String) -> [String: String] {
      [
        "BPF_FILTER": "", "DESTINATION": Testbed.collectorName, "INTERFACE": interface,
        "STAT_FORMAT": "json", "CAPTURE": engine.rawValue,
      ]
    }

    /// A VLAN tag: its type and its control information (priority, drop eligible, VLAN number).
    private typealias Tag = (tpid: Int, tci: Int)

    /// An IPv4 UDP frame to port 7000 whose payload ends in `mark`, with these tags before the type.
    private static func frame(to: String, from: String, tags: [Tag], mark: UInt8) -> [UInt8] {
      func bytes(_ address: String) -> [UInt8] {
        address.split(separator: ":").compactMap { UInt8($0, radix: 16) }
      }
      func field(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
      let payload = [UInt8](repeating: 0x5a, count: 63) + [mark]
      let ip: [UInt8] =
        [0x45, 0] + field(28 + payload.count) + [0, mark, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 9, 192, 0, 2, 10]
      let sum = stride(from: 0, to: 20, by: 2).reduce(0) { $0 + ip.field16(at: $1) }
      let checksum = ~((sum & 0xffff) + sum >> 16) & 0xffff
      return bytes(to) + bytes(from) + tags.flatMap { field($0.tpid) + field($0.tci) } + field(0x0800)
        + ip[0..<10] + field(checksum) + ip[12...]
        + field(5000) + field(7000) + field(8 + payload.count) + [0, 0] + payload
    }

    /// 802.1Q and QinQ, with priorities, arriving and leaving: byte for byte what was put on the wire.
    @Test(arguments: Engine.allCases, ["eth0", "any"])
    func vlanTags(_ engine: Engine, interface: String) throws {
      try withTestbed { testbed in
        let tags: [[Tag]] = [
          [], [(0x8100, 0x602a)], [(0x88a8, 0x2064), (0x8100, 0xa0c8)], [(0x8100, 0x0064), (0x8100, 0x0001)],
          // A priority tag of all zeros is a tag all the same.
          [(0x8100, 0x0000)],
        ]
        let (app, peer) = (Testbed.MAC.app, Testbed.MAC.peer)
        let marked = Array(zip(tags, UInt8(0)...))
        let arriving = marked.map { Self.frame(to: app, from: peer, tags: $0, mark: $1) }
        let leaving = marked.map { Self.frame(to: peer, from: app, tags: $0, mark: 0x80 | $1) }
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine, interface: interface), testbed: testbed)
        try testbed.runScript("send_frames.py", ["eth0"] + arriving.map(hexadecimal), in: testbed.peer)
        try testbed.runScript("send_frames.py", ["eth0"] + leaving.map(hexadecimal), in: testbed.app)
        _ = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)

        let mirrored = try recorder.mirror().mirror.inner.map(\.bytes)
        for frame in arriving + leaving {
          let count = mirrored.filter { $0 == frame }.count
          #expect(count == 1, "\(hexadecimal(frame)) among \(mirrored.map(hexadecimal))")
        }
      }
    }

    /// Raw IP becomes Ethernet with zero addresses.
    @Test(
      .enabled(if: Self.canMakeTunDevices, "no access to /dev/net/tun"),
      arguments: Engine.allCases, ["tun0", "any"])
    func tunDevice(_ engine: Engine, interface: String) throws {
      try withTestbed { testbed in
        let counter = "\(testbed.directory)/answered"
        _ = try testbed.startScript(
          "tun_device.py", ["tun0", counter, "203.0.113.1/24", "2001:db8:3::1/64"], in: testbed.app)
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine, interface: interface), testbed: testbed)
        for address in ["203.0.113.2", "2001:db8:3::2"] {
          try testbed.runScript("udp_sender.py", [address, "7000", "50", "200", "0"], in: testbed.app)
        }
        try eventually("the far end's answers") {
          let written = FileManager.default.contents(atPath: counter) ?? Data()
          return Int(String(decoding: written, as: UTF8.self)) ?? 0 >= 100
        }
        _ = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        let inner = Tshark(try recorder.mirror().innerPath, testbed: testbed)
        let names = ["eth.dst", "eth.src", "eth.type", "ip.src", "ipv6.src"]
        let rows = try inner.fields(names, filter: "udp.dstport==7000 && !icmp && !icmpv6")
        // 50 out, and the same 50 back in, by each protocol.
        let none = "00:00:00:00:00:00"
        let expected = [
          [none, none, "0x0800", "203.0.113.1", ""], [none, none, "0x0800", "203.0.113.2", ""],
          [none, none, "0x86dd", "", "2001:db8:3::1"], [none, none, "0x86dd", "", "2001:db8:3::2"],
        ]
        for row in expected { #expect(rows.filter { $0 == row }.count == 50, "\(row) in \(Set(rows))") }
        #expect(rows.count == 200)
        #expect(try inner.badChecksums() == 0)
      }
    }

    private static let canMakeTunDevices =
      access("/dev/net/tun", R_OK | W_OK) == 0 || Requirements.areMandatory
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
