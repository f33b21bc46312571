import ArgumentParser
import Foundation

/// A way to mirror the traffic link, or none.
enum Contender: String, CaseIterable, Codable, ExpressibleByArgument {
  /// No mirror: what the others are measured against.
  case none
  /// This project's forwarder on its own TPACKET_V3 ring.
  case ring
  /// The same with two capture threads.
  case ring2
  /// The same with INTERFACE=any, which is the default.
  case any
  /// This project's forwarder on libpcap.
  case libpcap
  /// An earlier build of this project's forwarder, on its ring: see `--baseline`.
  case baseline
  /// bench/plain/forwarder.c: libpcap and one sendmsg per packet.
  case plain
  /// bench/plain/batched.c: this project's technique in C, with nothing around it.
  case batched
  /// The kernel alone: tc's mirred action into a vxlan device.
  case mirred
  /// Debian's daemonlogger as a soft tap: raw frames to the mirror link, no VXLAN.
  case daemonlogger

  /// Bytes that encapsulation puts before each mirrored frame.
  var overhead: UInt64 {
    switch self {
    case .none, .daemonlogger: 0
    case .ring, .ring2, .any, .libpcap, .baseline, .plain, .batched, .mirred: 14 + 20 + 8 + 8
    }
  }

  /// Ring of every program that has one, in MiB: this project's default.
  static let ringMiB = 32

  /// Whether this project's own program is measured.
  var isOurs: Bool { [.ring, .ring2, .any, .libpcap, .baseline].contains(self) }

  /// Whether a process does the mirroring, whose CPU and memory can be read.
  var hasProcess: Bool { self != .none && self != .mirred }

  /// Whether measuring this pair says something: two workers need a load that saturates one, and a tap
  /// without encapsulation has no MTU to keep.
  func mirrors(_ load: Load) -> Bool {
    // The others cannot tell their own datagrams from the app's, or are not asked about them.
    if load.isOneNIC { return self == .none || (isOurs && self != .ring2) }
    switch self {
    case .ring2: return load == .upload1500
    case .daemonlogger: return load != .upload1500
    // It cuts no super-frames.
    case .batched: return !load.isBulk
    default: return true
    }
  }
}

/// Where the programs are that the harness did not build into itself.
struct Tools {
  /// The forwarder of this project.
  var product: String
  /// An earlier build of it.
  var baseline: String?
  var placement: Placement
  var plain: String { "\(Workspace.directory)/plain" }
  var batched: String { "\(Workspace.directory)/batched" }
  var udp: String { "\(Workspace.directory)/udp" }
  var delay: String { "\(Workspace.directory)/delay" }

  /// Compiles the C programs of bench/ with -O2.
  init(product: String, baseline: String?, sources: String, placement: Placement) throws {
    self.product = product
    self.baseline = baseline
    self.placement = placement
    let programs = [
      ("plain/forwarder.c", plain), ("plain/batched.c", batched), ("load/udp.c", udp), ("load/delay.c", delay),
    ]
    for (source, output) in programs {
      var command = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", output, "\(sources)/\(source)"]
      if output == plain { command.append("-lpcap") }
      let compiler = try Child(command)
      guard try compiler.wait(seconds: 60).code == 0 else { throw BenchError(compiler.errors) }
    }
  }
}

/// A contender at work in the app's namespace.
final class Mirror {
  /// What a contender reports of itself when it ends; nil where it does not say.
  struct Report: Codable {
    var captured: UInt64?
    var kernelDropped: UInt64?
    /// Frames that it sent, of those that it captured.
    var forwarded: UInt64?
  }

  let contender: Contender
  /// The forwarder's process; the kernel's mirror has none.
  let child: Child?
  /// From starting the process until it said that it captures, in nanoseconds.
  let startNanoseconds: UInt64
  private let topology: Topology

  /// Starts the mirror and returns when it captures.
  init(_ contender: Contender, tools: Tools, topology: Topology, load: Load = .udp200) throws {
    self.contender = contender
    self.topology = topology
    let cores = contender == .ring2 ? tools.placement.workers : tools.placement.forwarder
    let collector = load.isOneNIC ? Topology.nearCollectorAddress : Topology.collectorAddress
    let start = Clock.now
    switch contender {
    case .none:
      child = nil
    case .ring, .ring2, .any, .libpcap, .baseline:
      let variables = [
        "CAPTURE": contender == .libpcap ? "libpcap" : "ring", "WORKERS": contender == .ring2 ? "2" : "1",
        "BUFFER_SIZE": "\(Contender.ringMiB)MiB", "SOURCE_PORTS": "4", "DESTINATION": collector,
        "INTERFACE": contender == .any ? "any" : Topology.traffic, "MTU": String(load.mtu),
        "STAT_DURATION": "0", "STAT_FORMAT": "json",
      ]
      let program = contender == .baseline ? tools.baseline ?? tools.product : tools.product
      child = try Child([program], in: topology.app, environment: variables, cores: cores)
    case .plain:
      child = try Child([tools.plain, Topology.traffic, collector, "1"], in: topology.app, cores: cores)
    case .batched:
      child = try Child(
        [tools.batched, Topology.traffic, collector, "1", "4"], in: topology.app, cores: cores)
    case .mirred:
      child = nil
      try Self.addKernelMirror(topology)
    case .daemonlogger:
      child = try Child(
        ["daemonlogger", "-i", Topology.traffic, "-o", Topology.mirror, "-S", "65535"], in: topology.app,
        cores: cores)
    }
    do {
      try child?.awaitError(containing: contender == .daemonlogger ? "sniffing on" : "capturing")
    } catch {
      _ = try? child?.stop()
      throw error
    }
    startNanoseconds = Clock.now - start
  }

  /// CPU time of the forwarder so far, in nanoseconds.
  var cpu: UInt64 { child?.cpu ?? 0 }

  /// Ends the mirror.
  func stop() throws -> Report {
    if contender == .mirred { try Self.removeKernelMirror(topology) }
    guard let child else { return Report() }
    let ending = try child.stop()
    guard contender.isOurs || contender == .plain || contender == .batched else { return Report() }
    guard ending.code == 0 else {
      throw BenchError("\(contender.rawValue) ended with \(ending.code): \(child.errors)")
    }
    guard let line = child.output.split(separator: "\n").last,
      let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    else { return Report() }
    let counters = object["total"] as? [String: Any] ?? object
    return Report(
      captured: (counters["captured_packets"] as? NSNumber)?.uint64Value,
      kernelDropped: (counters["kernel_dropped_packets"] as? NSNumber)?.uint64Value,
      forwarded: (counters["forwarded_packets"] as? NSNumber)?.uint64Value)
  }

  private static func addKernelMirror(_ topology: Topology) throws {
    try run(
      "ip", "link", "add", "vx0", "type", "vxlan", "id", "1", "local", "10.78.0.1", "remote",
      Topology.collectorAddress, "dstport", "4789", "nolearning", "dev", Topology.mirror, in: topology.app)
    try run("ip", "link", "set", "vx0", "up", in: topology.app)
    try run("tc", "qdisc", "add", "dev", Topology.traffic, "clsact", in: topology.app)
    for direction in ["ingress", "egress"] {
      try run(
        "tc", "filter", "add", "dev", Topology.traffic, direction, "protocol", "all", "bpf", "bytecode",
        "1,6 0 0 262144", "action", "mirred", "egress", "mirror", "dev", "vx0", in: topology.app)
    }
  }

  private static func removeKernelMirror(_ topology: Topology) throws {
    try run("tc", "qdisc", "del", "dev", Topology.traffic, "clsact", in: topology.app)
    try run("ip", "link", "del", "vx0", in: topology.app)
  }
}
