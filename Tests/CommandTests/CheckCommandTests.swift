import Foundation
import Testing

/// Runs the built program as an operator would.
@Suite(.timeLimit(.minutes(1))) struct CheckCommandTests {
  @Test func aBadFormatEndsWith78() throws {
    let run = try Command(["check", "--format", "xml"])
    #expect(run.exitCode == 78)
    #expect(run.standardError == "packet-forwarder: --format=xml makes no sense; it takes text or json\n")
    #expect(run.standardOutput.isEmpty)
  }

  @Test func anUnknownFlagEndsWith64() throws {
    #expect(try Command(["check", "--bogus"]).exitCode == 64)
  }

  /// It goes on behind a setting that makes no sense; everything is said on standard output.
  @Test func everythingIsChecked() throws {
    let run = try Command(["check", "--filter", "tcp and"], environment: ["MTU": "abc"])
    #expect(run.exitCode == 78)
    #expect(run.standardError.isEmpty)
    let lines = run.standardOutput.split(separator: "\n")
    #expect(lines.first?.hasPrefix("wrong    settings        DESTINATION is not set") == true)
    #expect(lines.contains { $0.hasPrefix("wrong    settings        MTU=abc makes no sense") })
    #expect(lines.contains { $0.hasPrefix("wrong    filter          \"tcp and\" does not compile") })
    #expect(lines.contains { $0.hasPrefix("fine     kernel          UDP_SEGMENT") })
    #expect(lines.last?.hasPrefix("not fine: bad-setting (") == true)
  }

  /// What it says first is what `run` ends with.
  @Test(arguments: [["INTERFACE": "nosuch0"], ["BPF_FILTER": "tcp and"], ["VNI": "x"], ["BPF_FILTER": "tcp and udp"]])
  func theCodeIsThatOfRun(_ settings: [String: String]) throws {
    let environment = settings.merging(["DESTINATION": "127.0.0.1:9"]) { $1 }
    let (check, run) = (
      try Command(["check"], environment: environment), try Command(["run"], environment: environment)
    )
    #expect(check.exitCode == 78)
    #expect(run.exitCode == 78)
  }
}
