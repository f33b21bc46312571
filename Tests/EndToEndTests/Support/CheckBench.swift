import Foundation

/// The testbed of `check`: what is at the other end, and what lies between.
struct CheckBench {
  /// A finding, as `--format json` has it.
  struct Finding: Decodable {
    let subject: String
    let verdict: String
    let cause: String?
    let text: String
    let remedy: String?
  }

  /// The whole report.
  struct Report: Decodable {
    let fine: Bool
    let exitCode: Int32
    let firstCause: String?
    let findings: [Finding]
  }

  /// A network behind the peer, which is its router.
  static let farCollector = "203.0.113.2"

  let testbed: Testbed

  /// Starts `receive` on a host, the collector's when absent; returns once it listens.
  func receive(_ arguments: [String] = [], on host: NetworkNamespace? = nil) throws {
    let process = try testbed.start(
      [try Tool.packetForwarder(), "receive"] + arguments, in: host ?? testbed.collector)
    try eventually("receive to listen: \(process.errorOutput)") {
      process.errorOutput.contains("listening on") || !process.isRunning
    }
    guard process.isRunning else { throw Failure("receive: \(process.errorOutput)") }
  }

  /// Puts the collector behind the peer too, by a link of `mtu` bytes. `tells`: whether the peer answers what is too long
  /// for it by ICMP, as a router must.
  func addFarCollector(mtu: Int, tells: Bool) throws {
    try testbed.peer.ip(
      """
      link add far0 mtu \(mtu) type veth peer name far0 netns \(testbed.collector.processID) mtu \(mtu)
      address add 203.0.113.1/24 dev far0
      link set far0 up
      """)
    try testbed.collector.ip(
      "address add \(Self.farCollector)/24 dev far0\nlink set far0 up\nroute add 192.0.2.0/24 via 203.0.113.1")
    try testbed.app.ip("route add 203.0.113.0/24 via \(Testbed.Address.peer)")
    try testbed.peer.run(["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"])
    if !tells {
      try testbed.peer.nft(
        "table ip f { chain out { type filter hook output priority 0; icmp type destination-unreachable drop; }; }")
    }
    try eventually("the far link") { try testbed.collector.hasCarrier("far0") }
  }

  /// Runs `check` beside the application, to its end.
  ///
  /// - Returns: the exit code, and what it wrote to standard output.
  func check(
    _ environment: [String: String], arguments: [String] = [], launcher: [String] = []
  ) throws -> (exit: Subprocess.Exit, output: String) {
    let process = try testbed.start(
      launcher + [try Tool.packetForwarder(), "check"] + arguments, in: testbed.app, environment: environment,
      hosts: try testbed.hosts())
    // Five seconds are promised; a machine under load may take its time to start it.
    let exit = try process.wait(seconds: 8)
    guard process.errorOutput.isEmpty else { throw Failure("check: \(process.errorOutput)") }
    return (exit, process.output)
  }

  /// `check --format json`, read.
  func report(
    _ environment: [String: String], arguments: [String] = [], launcher: [String] = []
  ) throws -> (exit: Subprocess.Exit, report: Report) {
    let (exit, output) = try check(environment, arguments: arguments + ["--format", "json"], launcher: launcher)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return (exit, try decoder.decode(Report.self, from: Data(output.utf8)))
  }
}
