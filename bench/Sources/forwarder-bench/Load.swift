import ArgumentParser
import Foundation

/// Traffic that the contenders mirror.
enum Load: String, CaseIterable, Codable, ExpressibleByArgument {
  /// UDP over 64 flows at a rate that every forwarder can carry: for the cost of a packet.
  case udp64, udp200, udp1414, imix
  /// The same as fast as one core generates it: for loss, and for what the app keeps.
  case flood64, flood200, flood1414, floodimix
  /// nginx in the app, wrk with 32 connections in the peer, three sizes of response.
  case http
  /// The same with one size of response: sends of equal datagrams are longer.
  case http1k
  /// iperf3 at full speed, from the app and to it.
  case upload, download
  /// Four connections from the app, mirrored into packets of 1500 bytes.
  case upload1500
  /// Two of these where the mirror leaves by the interface of the traffic, as in a task that has only one.
  case udp200OneNIC = "udp200-one-nic"
  case http1kOneNIC = "http1k-one-nic"

  /// Distinct flows of the UDP loads.
  static let flows = 64
  /// Packets per second of the paced UDP loads.
  static let pacedRate = 200_000

  /// The size that load/udp.c takes, for UDP loads.
  var frameSize: String? {
    switch self {
    case .udp64, .flood64: "64"
    case .udp200, .flood200, .udp200OneNIC: "200"
    case .udp1414, .flood1414: "1414"
    case .imix, .floodimix: "imix"
    case .http, .http1k, .http1kOneNIC, .upload, .download, .upload1500: nil
    }
  }

  /// Whether the mirrored bytes are looked at: not again for what differs in rate or in its way only.
  var isSampled: Bool { ![.flood64, .flood200, .flood1414, .floodimix].contains(self) && !isOneNIC }

  var isPaced: Bool { [.udp64, .udp200, .udp1414, .imix, .udp200OneNIC].contains(self) }

  var isHTTP: Bool { [.http, .http1k, .http1kOneNIC].contains(self) }

  var isOneNIC: Bool { self == .udp200OneNIC || self == .http1kOneNIC }

  /// How long a run lasts, in seconds.
  func seconds(quick: Bool) -> Int {
    if quick { return isBulk ? 2 : 1 }
    return isHTTP || isBulk ? 4 : 2
  }

  var isBulk: Bool { [.upload, .download, .upload1500].contains(self) }

  /// MTU of the mirror.
  var mtu: Int { self == .upload1500 ? 1500 : 9000 }

  /// What the app's throughput is counted in.
  var unit: String {
    switch self {
    case .http, .http1k, .http1kOneNIC: "requests"
    case .upload, .download, .upload1500: "KiB"
    default: "packets"
    }
  }

  /// Bytes of headers before the payload of a frame on the traffic link.
  var innerHeaders: UInt64 {
    switch self {
    case .http, .http1k, .http1kOneNIC, .upload, .download, .upload1500: 14 + 20 + 32  // TCP with timestamps
    default: 14 + 20 + 8
    }
  }
}

/// What a load did.
struct Work {
  /// Packets sent, requests answered or KiB received: see `Load.unit`.
  var units: Double
  var seconds: Double
}

/// The programs behind a load, with the servers that stay up between runs.
final class Workload {
  private let load: Load
  private let tools: Tools
  private let topology: Topology
  private let server: Child?
  private static let responseBytes = [300, 1000, 4000]

  /// Starts the server that the load needs and waits until it answers.
  init(_ load: Load, tools: Tools, topology: Topology) throws {
    self.load = load
    self.tools = tools
    self.topology = topology
    switch load {
    case .http, .http1k, .http1kOneNIC:
      let sizes = load == .http ? Self.responseBytes : [1000]
      server = try Self.startNginx(in: topology.app, responseBytes: sizes, placement: tools.placement)
      try Self.writeScript(responses: sizes.count)
      try Self.awaitListener(port: 80, in: topology.app)
    case .upload, .download, .upload1500:
      server = try Child(["iperf3", "-s", "-f", "k"], in: topology.peer, cores: tools.placement.peer)
      try Self.awaitListener(port: 5201, in: topology.peer)
    default:
      server = nil
    }
  }

  /// Runs the load for about `seconds`.
  func execute(seconds: Int, rate: Int? = nil) throws -> Work {
    if let size = load.frameSize {
      let packets = rate ?? (load.isPaced ? Load.pacedRate : 0)
      let generator = try Child(
        [tools.udp, Topology.voidAddress, String(Load.flows), String(packets), String(seconds), size],
        in: topology.app, cores: tools.placement.app)
      let result = try Self.json(of: generator, seconds: Double(seconds) + 10)
      return Work(units: try Self.number(result, "sent"), seconds: try Self.number(result, "seconds"))
    }
    if load.isHTTP {
      let wrk = try Child(
        [
          "wrk", "-t", "2", "-c", "32", "-d", String(seconds), "-s", Self.scriptPath,
          "http://\(Topology.appAddress)/",
        ], in: topology.peer, cores: tools.placement.peer)
      let result = try Self.json(of: wrk, seconds: Double(seconds) + 10)
      guard try Self.number(result, "errors") == 0 else { throw BenchError("wrk: \(wrk.output)") }
      return Work(units: try Self.number(result, "requests"), seconds: try Self.number(result, "seconds"))
    }
    var command = ["iperf3", "-c", Topology.peerAddress, "-t", String(seconds), "-J"]
    if load == .download { command.append("-R") }
    if load == .upload1500 { command += ["-P", "4"] }
    let result = try Self.json(
      of: Child(command, in: topology.app, cores: tools.placement.app), seconds: Double(seconds) + 10)
    guard let end = result["end"] as? [String: Any], let sum = end["sum_received"] as? [String: Any] else {
      throw BenchError("iperf3: \(result["error"] ?? "no result")")
    }
    return Work(units: try Self.number(sum, "bytes") / 1024, seconds: try Self.number(sum, "seconds"))
  }

  /// Ends the server.
  func stop() throws { try server?.stop() }

  private static var scriptPath: String { "\(Workspace.directory)/mix.lua" }

  private static func startNginx(
    in namespace: String, responseBytes: [Int], placement: Placement
  ) throws -> Child {
    let root = "\(Workspace.directory)/www"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    for (index, size) in responseBytes.enumerated() {
      let body = String(repeating: #"{"id":12345,"name":"packet"},"#, count: size / 29 + 1).prefix(size)
      try body.write(toFile: "\(root)/\(index).json", atomically: true, encoding: .utf8)
    }
    let configuration = """
      daemon off; user root; worker_processes \(placement.app == nil ? 2 : 1); pid \(root).pid; error_log stderr;
      events { worker_connections 256; }
      http {
        access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on;
        open_file_cache max=64; types { application/json json; }
        server { listen 80 reuseport; root \(root); }
      }
      """
    try configuration.write(toFile: "\(root).conf", atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: Workspace.directory)
    return try Child(["nginx", "-c", "\(root).conf"], in: namespace, cores: placement.app)
  }

  /// wrk's connections ask for each size in turn; `done` prints what the harness reads.
  private static func writeScript(responses: Int) throws {
    let paths = (0..<responses).map { "\"/\($0).json\"" }.joined(separator: ", ")
    let script = """
      local paths, requests, turn = { \(paths) }, {}, 0
      function init() for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path) end end
      function request() turn = turn % #requests + 1; return requests[turn] end
      function done(summary)
        local e = summary.errors
        print(string.format('{"requests":%d,"seconds":%f,"errors":%d}', summary.requests,
          summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout))
      end
      """
    try script.write(toFile: scriptPath, atomically: true, encoding: .utf8)
  }

  private static func awaitListener(port: Int, in namespace: String) throws {
    try waitFor(5, "port \(port) to listen") {
      try run("ss", "-Htln", "sport = :\(port)", in: namespace).contains("LISTEN")
    }
  }

  /// What a load program prints as JSON: its whole output, or the last line.
  private static func json(of child: Child, seconds: Double) throws -> [String: Any] {
    let ending = try child.wait(seconds: seconds)
    let whole = child.output
    let last = whole.split(separator: "\n").last.map(String.init) ?? ""
    for text in [whole, last] {
      let object = try? JSONSerialization.jsonObject(with: Data(text.utf8))
      if let object = object as? [String: Any] { return object }
    }
    throw BenchError("\(child.name) ended with \(ending.code): \(whole) \(child.errors)")
  }

  private static func number(_ object: [String: Any], _ key: String) throws -> Double {
    guard let value = object[key] as? NSNumber else { throw BenchError("no number '\(key)' in \(object)") }
    return value.doubleValue
  }
}
