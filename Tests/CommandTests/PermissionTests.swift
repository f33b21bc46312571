import Foundation
import Testing

/// Without CAP_NET_RAW nothing can be captured: exit code 77, and one line that says how to grant it.
@Suite(.timeLimit(.minutes(1))) struct PermissionTests {
  /// Ways to give the capability up. The first also takes the user id, which not every user namespace has.
  private static let wrappers = [
    ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-net_raw"],
    ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"],
  ]

  /// Those that work here, an ordinary user needs none; if none works, the tests say so by failing.
  private static let usable: [[String]] = {
    guard geteuid() == 0 else { return [[]] }
    let program = URL(fileURLWithPath: "/bin/true")
    let working = wrappers.filter { (try? Command([], wrapper: $0, binary: program))?.exitCode == 0 }
    return working.isEmpty ? wrappers : working
  }()

  private static let line =
    "packet-forwarder: no permission to capture: CAP_NET_RAW is missing. Run as root, give the binary the capability "
    + "(setcap cap_net_raw+p), or keep NET_RAW among the container's capabilities (and without no-new-privileges for "
    + "a non-root user)\n"

  @Test(arguments: usable, ["auto", "ring", "libpcap"]) func endsWith77(wrapper: [String], engine: String) throws {
    let environment = ["DESTINATION": "192.0.2.1", "CAPTURE": engine, "INTERFACE": "lo"]
    try Command.withReadableCopy { binary in
      let run = try Command([], environment: environment, wrapper: wrapper, binary: binary)
      #expect(run.exitCode == 77)
      #expect(run.standardError == Self.line)
      #expect(run.standardOutput.isEmpty)
      // What only a live capture compiles cannot be judged, so it is the permission that is missing.
      let live = try Command(["--filter", "inbound"], environment: environment, wrapper: wrapper, binary: binary)
      #expect(live.exitCode == 77)
      #expect(live.standardError == Self.line)
    }
  }

  /// The image's file has the capability, but not in force: where the container does not get it the program still starts.
  @Test(.enabled(if: geteuid() == 0, "setcap needs root"), arguments: usable) func saysSoWithTheFileOfTheImage(
    wrapper: [String]
  ) throws {
    try Command.withReadableCopy { binary in
      let given = try Command(
        ["cap_net_raw+p", binary.path], wrapper: [], binary: URL(fileURLWithPath: "/usr/sbin/setcap"))
      try #require(given.exitCode == 0, "\(given.standardError)")
      let run = try Command(
        [], environment: ["DESTINATION": "192.0.2.1", "INTERFACE": "lo"], wrapper: wrapper, binary: binary)
      #expect(run.exitCode == 77 && run.standardError == Self.line, "\(run.standardError)")
    }
  }

  /// What needs no permission to be found wrong is found first.
  @Test(arguments: usable) func badValuesComeFirst(wrapper: [String]) throws {
    try Command.withReadableCopy { binary in
      for (variable, value) in [("MTU", "abc"), ("BPF_FILTER", "tcp and")] {
        let environment = ["DESTINATION": "192.0.2.1", variable: value]
        let run = try Command([], environment: environment, wrapper: wrapper, binary: binary)
        #expect(run.exitCode == 78)
        let shown = value.contains(" ") ? "\"\(value)\"" : value
        #expect(run.standardError.hasPrefix("packet-forwarder: \(variable)=\(shown) makes no sense"))
      }
    }
  }
}
