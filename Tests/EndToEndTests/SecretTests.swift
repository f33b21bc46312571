import Foundation
import Testing

extension EndToEndBeside {
  /// What is in the traffic is for the collector: nothing of a payload is ever logged or shown, and what EXCLUDE names
  /// never leaves.
  @Suite struct Secrets {
    private static let secret = "s3cr3t-t0k3n-0123456789"

    /// The secret in the ways in which a program may print bytes.
    private static let forms: [String] = {
      let bytes = Array(secret.utf8)
      let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      return [
        String(secret.prefix(10)), String(secret.suffix(10)), Data(bytes).base64EncodedString(),
        digits.prefix(6).joined(), digits.prefix(6).joined(separator: " "), digits.prefix(6).joined(separator: ":"),
        bytes.prefix(6).map(String.init).joined(separator: ", "),
      ]
    }()

    private func expectNone(in text: String, of what: String) {
      for form in Self.forms {
        #expect(!text.lowercased().contains(form.lowercased()), "\(what) shows \(form)")
      }
    }

    /// Where most is said: log level trace, statistics every second, frames that are cut, fragmented, truncated and
    /// malformed, datagrams that cannot be sent, a path that shrinks.
    @Test(arguments: Engine.allCases, ["segment", "truncate", "drop"]) func noPayloadIsShown(
      _ engine: Engine, oversize: String
    ) throws {
      try withTestbed { testbed in
        let receiver = try testbed.start(
          [try Tool.packetForwarder(), "receive", "--stat-duration", "1"], in: testbed.collector)
        try eventually("the receiver") { receiver.errorOutput.contains("listening") }
        let forwarder = try Forwarder(
          [
            "DESTINATION": Testbed.Address.collector, "INTERFACE": "eth0", "LOG_LEVEL": "trace", "STAT_DURATION": "1",
            "STAT_FORMAT": engine == .ring ? "json" : "text", "CAPTURE": engine.rawValue, "OVERSIZE": oversize,
            "MTU": "1500",
          ], testbed: testbed)
        let file = try testbed.write(Data(String(repeating: Self.secret, count: 2_000).utf8), to: "secrets")
        _ = try testbed.startScript("http_server.py", [testbed.directory, "::", "8080"], in: testbed.app)
        for header in ["Authorization: Bearer \(Self.secret)", "Cookie: session=\(Self.secret)"] {
          try testbed.peer.run([
            "curl", "-sS", "--max-time", "10", "-o", "/dev/null", "-H", header,
            "http://\(Testbed.Address.app):8080/secrets",
          ])
        }
        // Bare bytes, in whole datagrams and in fragments, and as frames of which the headers make no sense.
        let send = """
          import socket, sys
          data = open(sys.argv[1], "rb").read()
          sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
          for size in (64, 1400, 9000, 40000): sender.sendto(data[:size], (sys.argv[2], 7000))
          tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
          tap.bind(("eth0", 0))
          for head in (b"\\x08\\x00\\x45\\x00", b"\\x86\\xdd\\x60\\x00", b"\\x81\\x00\\x00\\x07\\x08\\x00\\x4f\\x00", b"\\x12\\x34"):
            tap.send(b"\\x02\\x00\\x00\\x00\\x00\\x01" * 2 + head + data[:400])
          """
        try testbed.peer.run(["python3", "-c", send, file, Testbed.Address.app])
        try testbed.app.ip("route replace 198.51.100.0/24 dev mirror0 mtu 1300")
        try testbed.peer.run(["python3", "-c", send, file, Testbed.Address.app])
        try testbed.app.nft("table inet f { chain out { type filter hook output priority 0; udp dport 4789 drop; }; }")
        try testbed.peer.run(["python3", "-c", send, file, Testbed.Address.app])
        try eventually("what was not sent: \(forwarder.process.errorOutput)") {
          forwarder.process.errorOutput.contains("not sent")
        }
        let output = try forwarder.stop()
        receiver.signal(SIGTERM)
        #expect(try receiver.wait(seconds: 5) == .status(0))
        #expect(receiver.output.contains("TCP") && receiver.output.contains("UDP"), "nothing was mirrored")
        expectNone(in: output, of: "statistics")
        expectNone(in: forwarder.process.errorOutput, of: "the log")
        expectNone(in: receiver.output + receiver.errorOutput, of: "receive")
      }
    }

    /// EXCLUDE beside a filter that takes all, and one with parentheses of its own: whatever engine and interfaces.
    @Test(arguments: Engine.allCases, [("eth0", "udp or (tcp)"), ("any", ""), ("any", "udp or (tcp)")])
    func whatIsExcludedDoesNotLeave(_ engine: Engine, interfaceAndFilter: (String, String)) throws {
      let (interface, filter) = interfaceAndFilter
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(
          [
            "DESTINATION": Testbed.Address.collector, "INTERFACE": interface, "BPF_FILTER": filter,
            "STAT_FORMAT": "json",
            "CAPTURE": engine.rawValue, "EXCLUDE": "udp dst port 7001 or (udp dst port 7002)",
          ], testbed: testbed)
        for port in ["7001", "7000", "7002"] {
          for address in [Testbed.Address.app, Testbed.Address.app6] {
            try testbed.runScript("udp_sender.py", [address, port, "200", "200", "5000"], in: testbed.peer)
          }
        }
        #expect(forwarder.process.errorOutput.contains("EXCLUDE=\"udp dst port 7001"))
        _ = try forwarder.stopWithTotal()
        try Recorder.stop(recorder)
        let inner = Tshark(try recorder.mirror().innerPath, testbed: testbed)
        #expect(try inner.count("udp.dstport==7000 && !icmp && !icmpv6") == 400)
        #expect(try inner.count("(udp.dstport==7001 || udp.dstport==7002) && !icmp && !icmpv6") == 0)
      }
    }
  }
}
