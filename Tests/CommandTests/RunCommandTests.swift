import Foundation
import Testing

/// Settings that make no sense end the program before it opens anything, with one line and exit code 78.
@Suite(.timeLimit(.minutes(1))) struct RunCommandTests {
  private static let destination =
    "a host name, IPv4 or [IPv6] address, each with an optional :port, several separated by commas"

  @Test(arguments: [
    ("MTU", "abc", "a number of bytes from 576 to 65535"), ("MTU", "10", "a number of bytes from 576 to 65535"),
    ("DESTINATION", "192.0.2.1:99999", destination), ("DESTINATION", "a b", destination),
    ("VNI", "16777216", "a number from 0 to 16777215"), ("STAT_DURATION", "-1", "seconds from 0 (off) to 86400"),
    ("CAPTURE", "magic", "auto, ring or libpcap"), ("OVERSIZE", "fold", "segment, truncate or drop"),
    ("STAT_FORMAT", "xml", "text, json or emf"), ("SAMPLE", "0", "a number from 1 to 1000000"),
    ("BUFFER_SIZE", "1KiB", "a size from 1MiB to 4GiB, such as 32MiB"),
    ("LOG_LEVEL", "loud", "one of trace, debug, info, notice, warning, error, critical"),
    ("METRICS", "everywhere", "an address and a port, such as :9749, 127.0.0.1:9749 or [::1]:9749"),
    ("MIRROR_METADATA", "maybe", "yes or no"), ("SANDBOX", "sometimes", "auto, off or require"),
  ])
  func aBadValueEndsWith78(variable: String, value: String, takes: String) throws {
    let byVariable = try Command([], environment: ["DESTINATION": "192.0.2.1"].merging([variable: value]) { $1 })
    #expect(byVariable.exitCode == 78)
    #expect(
      byVariable.standardError == "packet-forwarder: \(variable)=\(shown(value)) makes no sense; it takes \(takes)\n")
    #expect(byVariable.standardOutput.isEmpty)

    let flag = "--" + variable.lowercased().replacingOccurrences(of: "_", with: "-")
    let byFlag = try Command(["run", flag, value], environment: ["DESTINATION": "192.0.2.1"])
    #expect(byFlag.exitCode == 78)
    #expect(byFlag.standardError == "packet-forwarder: \(flag)=\(shown(value)) makes no sense; it takes \(takes)\n")
    #expect(byFlag.standardOutput.isEmpty)
  }

  /// As a shell would need it.
  private func shown(_ value: String) -> String {
    value.contains { " ()<>".contains($0) } ? "\"\(value)\"" : value
  }

  @Test(arguments: [[:], ["DESTINATION": ""], ["DESTINATION": "  "]] as [[String: String]])
  func withoutADestination(environment: [String: String]) throws {
    let run = try Command([], environment: environment.merging(["MTU": "9000"]) { $1 })
    #expect(run.exitCode == 78)
    #expect(run.standardError == "packet-forwarder: DESTINATION is not set; it takes \(Self.destination)\n")
  }

  /// The message lists the interfaces there are.
  @Test func anInterfaceThatIsNotThere() throws {
    let run = try Command([], environment: ["DESTINATION": "192.0.2.1", "INTERFACE": "nosuch0"])
    #expect(run.exitCode == 78)
    let start = "packet-forwarder: INTERFACE=nosuch0 makes no sense; it takes any, or of these, separated by commas: "
    #expect(run.standardError.hasPrefix(start) && run.standardError.hasSuffix("\n"))
    let listed = run.standardError.dropFirst(start.count).dropLast().components(separatedBy: ", ")
    #expect(
      Set(listed) == Set(try FileManager.default.contentsOfDirectory(atPath: "/sys/class/net").filter(isInterface)))
  }

  private func isInterface(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: "/sys/class/net/\(name)/ifindex")
  }

  /// libpcap's message, the expression, and the name it came under; the expression is compiled by itself, so that its
  /// parentheses reach nothing of ours.
  @Test(arguments: ["tcp and", "tcp) or (udp", "port 99999", "nonsense", "host 1.2.3.256"])
  func aFilterThatDoesNotCompile(filter: String) throws {
    for (arguments, environment, name) in [
      ([], ["BPF_FILTER": filter], "BPF_FILTER"), (["--filter", filter], ["BPF_FILTER": "tcp"], "--filter"),
    ] {
      let run = try Command(arguments, environment: environment.merging(["DESTINATION": "192.0.2.1"]) { $1 })
      #expect(run.exitCode == 78)
      let start = "packet-forwarder: \(name)=\(shown(filter)) makes no sense: "
      let end = "; it takes a pcap-filter expression such as tcp port 443\n"
      #expect(run.standardError.hasPrefix(start) && run.standardError.hasSuffix(end), "\(run.standardError)")
      #expect(run.standardError.count > start.count + end.count + 5, "libpcap's message is missing")
      #expect(run.standardError.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
      #expect(run.standardOutput.isEmpty)
    }
  }

  /// The same of what is excluded. A closing parenthesis does not get out of it.
  @Test(arguments: ["tcp and", "tcp) or (udp", "port 99999", ")"])
  func anExclusionThatDoesNotCompile(expression: String) throws {
    for (arguments, environment, name) in [
      ([], ["EXCLUDE": expression], "EXCLUDE"), (["--exclude", expression], ["EXCLUDE": "tcp"], "--exclude"),
    ] {
      let run = try Command(arguments, environment: environment.merging(["DESTINATION": "192.0.2.1"]) { $1 })
      #expect(run.exitCode == 78)
      #expect(run.standardError.hasPrefix("packet-forwarder: \(name)=\(shown(expression)) makes no sense: "))
      #expect(run.standardError.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
      #expect(run.standardOutput.isEmpty)
    }
  }

  /// A value of several lines is still answered in one.
  @Test func aValueOfSeveralLines() throws {
    let run = try Command([], environment: ["DESTINATION": "192.0.2.1", "MTU": "90\n00"])
    #expect(run.exitCode == 78)
    #expect(run.standardError.hasPrefix("packet-forwarder: MTU=\"90\\n00\" makes no sense"))
    #expect(run.standardError.split(separator: "\n").count == 1)
  }

  @Test func helpNamesEveryVariable() throws {
    let run = try Command(["run", "--help"])
    #expect(run.exitCode == 0)
    let variables = [
      "BPF_FILTER", "DESTINATION", "INTERFACE", "MTU", "STAT_DURATION", "VNI", "CAPTURE", "SNAP_LENGTH", "OVERSIZE",
      "SEGMENT", "CHECKSUM", "SOURCE_PORTS", "DESTINATION_MODE", "RESOLVE_INTERVAL", "WORKERS", "BUFFER_SIZE", "SAMPLE",
      "STAT_FORMAT", "LOG_LEVEL", "MIRROR_METADATA", "EXCLUDE", "SANDBOX", "USER_NAME",
    ]
    for variable in variables {
      #expect(
        run.standardOutput.contains("[\(variable);") || run.standardOutput.contains("[\(variable)]"), "\(variable)")
    }
  }

  /// Where no /proc is the Swift runtime by itself finds no arguments.
  @Test(.enabled(if: geteuid() == 0, "a mount needs root")) func argumentsWithoutProc() throws {
    let hidden = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh"]
    let run = try Command(["--version"], wrapper: hidden)
    #expect(run.exitCode == 0 && run.standardOutput.wholeMatch(of: #/\d+\.\d+\.\d+\S*\n/#) != nil, "\(run)")
  }
}
