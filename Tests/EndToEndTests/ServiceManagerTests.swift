import Foundation
import Glibc
import Testing

extension EndToEndBeside {
  /// What the service manager hears of a forwarder inside its sandbox.
  @Suite struct Notifications {
    /// Ready once it captures, alive once a second, unhealthy without being started anew for it, and its end.
    @Test func aLife() throws {
      try withTestbed { testbed in
        let manager = try testbed.startScript("notify_listener.py", ["\(testbed.directory)/notify"], in: testbed.app)
        func heard() -> [String] { manager.output.split(separator: "\n").map(String.init) }
        let forwarder = try Forwarder(
          [
            "DESTINATION": Testbed.Address.collector, "INTERFACE": "eth0", "SANDBOX": "require", "STAT_DURATION": "0",
            "NOTIFY_SOCKET": "\(testbed.directory)/notify", "SWIFT_BACKTRACE": "enable=no",
          ], testbed: testbed)
        try eventually("the start: \(heard()); \(forwarder.process.errorOutput)") {
          heard().contains { $0.hasPrefix("READY=1 STATUS=mirroring eth0 (ring) to \(Testbed.Address.collector):4789") }
        }
        let before = heard().count { $0 == "WATCHDOG=1" }
        try testbed.app.ip("link set eth0 down")
        try eventually("what is wrong: \(heard())") {
          heard().contains { $0.hasPrefix("STATUS=unhealthy: interface eth0 is not captured") }
        }
        // A start anew would not bring the interface back.
        try eventually("that it goes on: \(heard())") { heard().count { $0 == "WATCHDOG=1" } > before + 2 }
        try testbed.app.ip("link set eth0 up")
        try eventually("that all is well: \(heard())") {
          heard().last { $0.hasPrefix("STATUS=") }?.contains("mirroring") == true
        }
        try forwarder.stop()
        #expect(heard().last { $0 != "WATCHDOG=1" } == "STOPPING=1", "\(heard())")
        manager.terminate()
      }
    }
  }
}
