import Foundation
import Testing

extension EndToEnd {
  /// Values that make no sense end the program before it opens anything.
  @Suite struct Refusals {
    /// A variable, a value, and what else the message must say.
    struct Case: Sendable, CustomTestStringConvertible {
      var variable: String
      var value: String
      var mentions: [String] = []

      var testDescription: String { "\(variable)=\(value)" }
    }

    static let cases = [
      Case(variable: "MTU", value: "abc"),
      Case(variable: "MTU", value: "10"),
      Case(variable: "DESTINATION", value: ""),
      Case(variable: "DESTINATION", value: "192.0.2.1:99999", mentions: ["99999"]),
      Case(variable: "VNI", value: "16777216", mentions: ["16777215"]),
      Case(variable: "STAT_DURATION", value: "-1"),
      Case(variable: "INTERFACE", value: "nosuch0", mentions: ["eth0", "mirror0", "lo"]),
      Case(variable: "BPF_FILTER", value: "tcp and"),
      Case(variable: "BPF_FILTER", value: "tcp) or (udp"),
      Case(variable: "CAPTURE", value: "magic", mentions: ["ring", "libpcap"]),
      Case(variable: "OVERSIZE", value: "fold", mentions: ["segment", "truncate", "drop"]),
      Case(variable: "STAT_FORMAT", value: "xml", mentions: ["text", "json"]),
    ]

    @Test(arguments: cases) func badValue(_ bad: Case) throws {
      try withTestbed { testbed in
        var environment = ["DESTINATION": Testbed.Address.collector]
        environment[bad.variable] = bad.value
        let process = try testbed.start(
          [try Tool.packetForwarder()], in: testbed.app, environment: environment)
        #expect(try process.wait(seconds: 5) == .status(78), "\(process.errorOutput)")
        let message = process.errorOutput
        #expect(message.split(separator: "\n").count == 1, "\(message)")
        for word in [bad.variable, bad.value] + bad.mentions where !word.isEmpty {
          #expect(message.contains(word), "\(word) in: \(message)")
        }
        #expect(process.output.isEmpty)
      }
    }

    /// Without CAP_NET_RAW: exit code 77, and how to grant it.
    @Test(arguments: Engine.allCases) func noPermission(_ engine: Engine) throws {
      try withTestbed { testbed in
        let process = try testbed.start(
          ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", try Tool.packetForwarder()],
          in: testbed.app,
          environment: ["DESTINATION": Testbed.Address.collector, "CAPTURE": engine.rawValue])
        #expect(try process.wait(seconds: 5) == .status(77), "\(process.errorOutput)")
        #expect(process.errorOutput.contains("CAP_NET_RAW"))
      }
    }
  }
}
