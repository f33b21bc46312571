import Foundation
import Glibc

/// A network namespace that lives as long as its holder, a small shell waiting for its input to end.
///
/// No name is written anywhere, so nothing but `unshare` privileges is needed and nothing stays behind: when this
/// process ends, however it ends, the holder kills whatever still runs in the namespace.
final class NetworkNamespace {
  private static let holder = """
    ip link set lo up && echo ready
    read -r forever
    for process in /proc/[0-9]*; do
      id=${process#/proc/}
      [ $process/ns/net -ef /proc/$$/ns/net ] && [ "$id" != $$ ] && kill -KILL "$id"
    done
    """

  let name: String
  /// The process that other commands enter the namespace by.
  var processID: pid_t { process.processID }
  private let process: Subprocess
  private let directory: String
  private var lifeline: Int32
  /// The only core that commands run on; any when nil.
  var core: Int?

  init(_ name: String, in directory: String) throws {
    self.name = name
    self.directory = directory
    var ends: [Int32] = [0, 0]
    // No process that is started at this moment, for another test, may hold an end.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Failure("socketpair: errno \(errno)") }
    lifeline = ends[1]
    defer { close(ends[0]) }
    let process = try Subprocess(
      ["unshare", "--net", "sh", "-c", Self.holder], standardInput: ends[0], in: directory)
    self.process = process
    try eventually("network namespace \(name): \(process.errorOutput)") {
      process.output.contains("ready") || !process.isRunning
    }
    guard process.isRunning else { throw Failure("network namespace \(name): \(process.errorOutput)") }
  }

  deinit { remove() }

  /// The command that runs `arguments` inside.
  ///
  /// - Parameter hosts: a file that takes the place of `/etc/hosts` for this command only.
  func command(_ arguments: [String], environment: [String: String]? = nil, hosts: String? = nil) -> [String] {
    let pin = core.map { ["taskset", "--cpu-list", String($0)] } ?? []
    let enter = pin + ["nsenter", "--net=/proc/\(processID)/ns/net"]
    let clean = environment.map { ["env", "-i"] + $0.map { "\($0)=\($1)" } } ?? []
    guard let hosts else { return enter + clean + arguments }
    let mount = ["unshare", "--mount", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\"", hosts]
    return enter + mount + clean + arguments
  }

  /// Runs a command inside, to its end.
  @discardableResult
  func run(_ arguments: [String], seconds: Double = 20) throws -> String {
    String(
      decoding: try Subprocess.run(command(arguments), seconds: seconds, in: directory), as: UTF8.self)
  }

  /// Several `ip` commands, one a line.
  func ip(_ lines: String) throws {
    let file = "\(directory)/\(name).batch"
    try Data((lines + "\n").utf8).write(to: URL(fileURLWithPath: file))
    try run(["ip", "-batch", file])
  }

  /// Rules for nft(8).
  func nft(_ rules: String) throws { try run(["nft", rules]) }

  /// Has the firewall answer every VXLAN datagram that comes in.
  func reject(_ answer: String) throws {
    try nft("table inet f { chain in { type filter hook input priority 0; udp dport 4789 reject with \(answer); }; }")
  }

  /// One of an interface's counters in `/sys/class/net/*/statistics`, e.g. `rx_packets`.
  func counter(_ counter: String, of interface: String) throws -> Int {
    let json = try run(["ip", "-s", "-j", "link", "show", "dev", interface])
    struct Link: Decodable { let stats64: [String: [String: Int]] }
    let parts = counter.split(separator: "_", maxSplits: 1).map(String.init)
    let links = try JSONDecoder().decode([Link].self, from: Data(json.utf8))
    guard let value = links.first?.stats64[parts[0]]?[parts[1]] else {
      throw Failure("no counter \(counter) in \(json)")
    }
    return value
  }

  /// One of the kernel's protocol counters, by the name that nstat(8) gives it.
  func kernelCounter(_ name: String) throws -> Int {
    let table = try run(["nstat", "-asz", name])
    guard let line = table.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
      let value = Int(line.split(separator: " ")[1])
    else { throw Failure("no counter \(name) in \(table)") }
    return value
  }

  /// Ends the holder and, with it, everything inside.
  func remove() {
    guard lifeline >= 0 else { return }
    close(lifeline)
    lifeline = -1
    _ = try? process.wait(seconds: 10)
  }
}
