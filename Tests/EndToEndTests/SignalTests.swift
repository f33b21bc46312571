import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// SIGTERM and SIGINT: exit code 0 within two seconds, everything captured sent.
  @Suite struct Signals {
    private static let port = 7000

    private func environment(_ engine: Engine) -> [String: String] {
      [
        "BPF_FILTER": "udp dst port \(Self.port)", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
        "STAT_FORMAT": "json", "CAPTURE": engine.rawValue,
      ]
    }

    /// The signal follows the last frame at once, so frames are still on their way through the forwarder.
    @Test(arguments: Engine.allCases, [SIGTERM, SIGINT]) func nothingCapturedIsLost(
      _ engine: Engine, signal: Int32
    ) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine), testbed: testbed)
        try testbed.runScript(
          "udp_sender.py", [Testbed.Address.app, "\(Self.port)", "5000", "200", "0"], in: testbed.peer)
        let total = try forwarder.stopWithTotal(signal)
        try Recorder.stop(recorder)
        #expect(total.capturedPackets == 5_000)
        #expect(try recorder.mirror().mirror.datagrams.count == 5_000)
      }
    }

    @Test(arguments: Engine.allCases, [SIGTERM, SIGINT]) func underTraffic(
      _ engine: Engine, signal: Int32
    ) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine), testbed: testbed)
        let generator = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "\(Self.port)", "0", "200", "5000"], in: testbed.peer)
        try eventually("traffic at the collector") {
          try testbed.collector.counter("rx_packets", of: "mirror0") > 5_000
        }
        let total = try forwarder.stopWithTotal(signal)
        generator.terminate()
        try Recorder.stop(recorder)
        let mirror = try recorder.mirror().mirror
        #expect(total.sentDatagrams == mirror.datagrams.count)
        #expect(total.forwardedPackets == total.capturedPackets)
        let numbers = NumberedDatagrams.numbers(mirror).sorted()
        let first = try #require(numbers.first)
        #expect(numbers == Array(first..<first + numbers.count), "no gap from the first to the last")
      }
    }

    /// Without any traffic there is nothing to wake the capture loop but the signal.
    @Test(arguments: Engine.allCases, [SIGTERM, SIGINT]) func whileIdle(
      _ engine: Engine, signal: Int32
    ) throws {
      try withTestbed { testbed in
        let forwarder = try Forwarder(environment(engine), testbed: testbed)
        #expect(try forwarder.stopWithTotal(signal).capturedPackets == 0)
      }
    }
  }
}
