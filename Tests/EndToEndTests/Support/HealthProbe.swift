import Foundation
import Glibc

/// How a container platform sees a forwarder's health: by `healthcheck`, and by HEALTH_FILE.
struct HealthProbe {
  /// What one `healthcheck` has said.
  struct Verdict: Equatable {
    var exit: Subprocess.Exit
    var line: String
    /// Seconds that it took.
    var duration: Double

    var isHealthy: Bool { exit == .status(0) && line.hasPrefix("healthy: ") }
  }

  let testbed: Testbed
  /// HEALTH_FILE of the forwarder that is asked.
  let file: String

  init(_ testbed: Testbed) {
    self.testbed = testbed
    file = "\(testbed.directory)/healthy"
  }

  /// As `test -f` has it.
  var fileExists: Bool { access(file, F_OK) == 0 }

  /// Runs `healthcheck` beside the forwarder, as the exec form of a container's health check does.
  func check() throws -> Verdict {
    let start = monotonicSeconds()
    let process = try testbed.start([try Tool.packetForwarder(), "healthcheck"], in: testbed.app)
    let exit = try process.wait(seconds: 10)
    let duration = monotonicSeconds() - start
    let lines = process.output.split(separator: "\n")
    guard lines.count == 1, process.errorOutput.isEmpty else {
      throw Failure("healthcheck: \(exit), \(process.output)\(process.errorOutput)")
    }
    return Verdict(exit: exit, line: String(lines[0]), duration: duration)
  }

  /// Waits until both say that it is healthy.
  func awaitHealthy(within seconds: Double) throws {
    var last: Verdict?
    try eventually("health; it is \(String(describing: last)), HEALTH_FILE \(fileExists)", within: seconds) {
      last = try check()
      return last?.isHealthy == true && fileExists
    }
  }

  /// Waits until both say that it is not, `healthcheck` with this reason.
  func awaitUnhealthy(_ reason: String, within seconds: Double) throws {
    var last: Verdict?
    try eventually(
      "\"\(reason)\"; it is \(String(describing: last)), HEALTH_FILE \(fileExists)", within: seconds
    ) {
      let verdict = try check()
      last = verdict
      return verdict.exit == .status(1) && verdict.line.hasPrefix("unhealthy: ") && verdict.line.contains(reason)
        && !fileExists
    }
  }
}
