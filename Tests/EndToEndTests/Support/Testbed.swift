import Foundation
import Glibc

/// Three hosts: the application with its sidecar, its peer, and the collector.
///
/// ```
/// peer eth0 ─── traffic link, offloads on ─── eth0 app mirror0 ─── mirror link ─── mirror0 collector
/// ```
final class Testbed {
  /// Addresses from the documentation ranges (RFC 5737, RFC 3849).
  enum Address {
    static let app = "192.0.2.1"
    static let peer = "192.0.2.2"
    static let app6 = "2001:db8:1::1"
    static let peer6 = "2001:db8:1::2"
    static let collector = "198.51.100.2"
    static let collector6 = "2001:db8:2::2"
  }
  /// Hardware addresses of both ends of the traffic link.
  enum MAC {
    static let app = "02:00:00:00:00:01"
    static let peer = "02:00:00:00:00:02"
  }
  static let collectorName = "mirroring-fargate.private.example.com"

  let directory: String
  let app: NetworkNamespace
  let peer: NetworkNamespace
  let collector: NetworkNamespace
  private var processes: [Subprocess] = []

  /// - Parameters:
  ///   - mirrorMTU: of the link to the collector, in bytes.
  ///   - trafficMTU: of the link between the application and its peer, in bytes.
  init(mirrorMTU: Int, trafficMTU: Int) throws {
    try Requirements.demand()
    directory = try Self.makeDirectory()
    app = try NetworkNamespace("app", in: directory)
    peer = try NetworkNamespace("peer", in: directory)
    collector = try NetworkNamespace("collector", in: directory)
    for namespace in [app, peer, collector] {
      // No router solicitations or address checks: only the test's own traffic is on the links.
      try namespace.run(["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode"])
    }
    try addTrafficLink(mtu: trafficMTU)
    try app.ip(
      """
      link add mirror0 mtu \(mirrorMTU) type veth peer name mirror0 netns \(collector.processID) mtu \(mirrorMTU)
      """)
    try app.ip(Self.addressing("mirror0", "198.51.100.1/24", "2001:db8:2::1/64"))
    try collector.ip(Self.addressing("mirror0", "\(Address.collector)/24", "\(Address.collector6)/64"))
    // A card would cut a UDP_SEGMENT send; veth hands it on whole, which no collector would ever see.
    try app.run(["ethtool", "-K", "mirror0", "tx-udp-segmentation", "off"])
    try eventually("the mirror link") { try collector.hasCarrier("mirror0") }
  }

  /// Connects the application and its peer.
  func addTrafficLink(mtu: Int) throws {
    try app.ip(
      """
      link add eth0 address \(MAC.app) mtu \(mtu) type veth peer name eth0 netns \(peer.processID) \
      address \(MAC.peer) mtu \(mtu)
      """)
    try app.ip(Self.addressing("eth0", "\(Address.app)/24", "\(Address.app6)/64"))
    try peer.ip(Self.addressing("eth0", "\(Address.peer)/24", "\(Address.peer6)/64"))
    try eventually("the traffic link") { try peer.hasCarrier("eth0") }
  }

  private static func addressing(_ interface: String, _ ipv4: String, _ ipv6: String) -> String {
    """
    address add \(ipv4) dev \(interface)
    address add \(ipv6) dev \(interface) nodad
    link set \(interface) up
    """
  }

  private static func makeDirectory() throws -> String {
    var template = Array((FileManager.default.temporaryDirectory.path + "/pfe-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("mkdtemp: errno \(errno)") }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Lets everything from now on run on one core, the first that this process may use.
  func keepToOneCore() throws {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let core = status.firstMatch(of: #/Cpus_allowed_list:\s+(\d+)/#).flatMap({ Int($0.1) }) else {
      throw Failure("no core in \(status)")
    }
    for namespace in [app, peer, collector] { namespace.core = core }
  }

  /// Starts a process inside `namespace` that ends with the testbed at the latest.
  func start(
    _ arguments: [String], in namespace: NetworkNamespace, environment: [String: String]? = nil,
    hosts: String? = nil
  ) throws -> Subprocess {
    let command = namespace.command(arguments, environment: environment, hosts: hosts)
    let process = try Subprocess(command, in: directory)
    processes.append(process)
    return process
  }

  /// Starts one of the scripts and waits until it says `ready`.
  func startScript(
    _ name: String, _ arguments: [String], in namespace: NetworkNamespace
  ) throws -> Subprocess {
    let process = try start(try Tool.script(name) + arguments, in: namespace)
    try eventually("\(name) ready: \(process.errorOutput)") {
      process.output.hasPrefix("ready") || !process.isRunning
    }
    guard process.isRunning else { throw Failure("\(name): \(process.errorOutput)") }
    return process
  }

  /// Runs one of the scripts to its end and returns what it printed.
  @discardableResult
  func runScript(_ name: String, _ arguments: [String], in namespace: NetworkNamespace) throws -> String {
    try namespace.run(try Tool.script(name) + arguments, seconds: 60)
  }

  /// A file in the testbed's folder.
  func write(_ data: Data, to name: String) throws -> String {
    let path = "\(directory)/\(name)"
    try data.write(to: URL(fileURLWithPath: path))
    return path
  }

  /// A hosts file in which the collector's name has these addresses.
  func hosts(_ addresses: [String] = [Address.collector]) throws -> String {
    let lines = addresses.map { "\($0) \(Self.collectorName)\n" }.joined()
    return try write(Data("127.0.0.1 localhost\n\(lines)".utf8), to: "hosts")
  }

  /// Waits until no TCP connection is open on either side, so that every packet of it has been seen.
  func waitForClosedConnections() throws {
    try eventually("TCP connections closed") {
      for namespace in [app, peer] {
        let open = try namespace.run(["ss", "-Htan", "state", "connected", "exclude", "time-wait"])
        if !open.isEmpty { return false }
      }
      return true
    }
  }

  func close() {
    for process in processes { process.terminate() }
    for namespace in [app, peer, collector] { namespace.remove() }
    try? FileManager.default.removeItem(atPath: directory)
  }
}

extension NetworkNamespace {
  func hasCarrier(_ interface: String) throws -> Bool {
    try run(["ip", "link", "show", "dev", interface]).contains("LOWER_UP")
  }
}

/// Makes a testbed, lends it to `body`, and takes it apart again whatever happens.
func withTestbed<Result>(
  mirrorMTU: Int = 9001, trafficMTU: Int = 9001, _ body: (Testbed) throws -> Result
) throws -> Result {
  let testbed = try Testbed(mirrorMTU: mirrorMTU, trafficMTU: trafficMTU)
  defer { testbed.close() }
  return try body(testbed)
}
