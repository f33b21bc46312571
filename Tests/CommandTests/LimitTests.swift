import Foundation
import Testing

/// What the system does not give: descriptors, threads, room in a file. One line says so, and the exit code.
@Suite(.timeLimit(.minutes(2))) struct LimitTests {
  /// The commands that run until they are told to end, on loopback alone.
  private static let commands = [
    ["run", "--destination", "127.0.0.1:9", "--interface", "lo", "--filter", "port 9 and port 10"],
    ["receive", "--listen", "127.0.0.1:0"], ["demo"],
  ]

  /// Ends the program by SIGTERM if it has come so far that it runs.
  private static let untilItRuns = ["timeout", "--kill-after=5", "--signal=TERM", "2"]

  /// Only the first few numbers are free: either it runs, or it ends with 74 and one line. 4 is what the dynamic loader
  /// needs.
  @Test(arguments: commands, [4, 5, 6, 7, 8, 9, 11, 64])
  func tooFewDescriptors(command: [String], limit: Int) throws {
    let run = try Command(command, wrapper: Self.untilItRuns + ["prlimit", "--nofile=\(limit)"])
    let lines = run.standardError.split(separator: "\n")
    if run.exitCode == 74 {
      #expect(lines.last?.contains("Too many open files") == true, "\(run.standardError)")
      #expect(limit < 64, "\(command): \(run.standardError)")
    } else {
      // Also where the permission to capture is missing.
      #expect([124, 77].contains(run.exitCode), "\(run.exitCode): \(run.standardError)")
    }
    if limit == 4 { #expect(run.exitCode == 74, "\(run.standardError)") }
  }

  /// A user that may have no more threads than these. Nobody else has this user's number.
  @Test(.enabled(if: geteuid() == 0 && canBecomeAnyone), arguments: commands, [1, 2, 3, 4])
  func tooFewThreads(command: [String], limit: Int) throws {
    let user = "\(UInt32.random(in: 100_000...1_000_000))"
    let become = [
      "setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps", "+net_raw", "--ambient-caps",
      "+net_raw",
    ]
    try Command.withReadableCopy { binary in
      // `timeout` is a process of that user as well.
      let wrapper = become + Self.untilItRuns
      let run = try Command(command, wrapper: wrapper + ["prlimit", "--nproc=\(limit + 1)"], binary: binary)
      if run.exitCode == 74 {
        let line = "Resource temporarily unavailable"
        #expect(run.standardError.split(separator: "\n").last?.contains(line) == true, "\(run.standardError)")
      } else {
        #expect(limit > 1 && [124, 77].contains(run.exitCode), "\(run.exitCode): \(run.standardError)")
      }
    }
  }

  private static let canBecomeAnyone =
    (try? Command(
      [], wrapper: ["setpriv", "--reuid", "100000", "--regid", "100000", "--clear-groups"],
      binary: URL(fileURLWithPath: "/bin/true")))?.exitCode == 0
}
