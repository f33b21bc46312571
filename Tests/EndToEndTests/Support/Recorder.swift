import Foundation
import Glibc

/// An independent recording of one interface.
final class Recorder {
  enum Program: String {
    case tcpdump
    /// Shows what it has four times a second (tcpdump takes up to two seconds), so most tests use it.
    case dumpcap

    /// This one, or dumpcap inside a user namespace of a single user: tcpdump insists on becoming its own user.
    var usable: Program {
      let map = (try? String(contentsOfFile: "/proc/self/uid_map", encoding: .utf8)) ?? ""
      let isWholeSystem = map.split(whereSeparator: \.isWhitespace) == ["0", "0", "4294967295"]
      return isWholeSystem ? self : .dumpcap
    }

    func arguments(interface: String, filter: String, file: String) -> [String] {
      switch self {
      case .tcpdump:
        ["tcpdump", "-n", "-U", "-Z", "root", "-i", interface, "-s", "0", "-B", "65536", "-w", file, filter]
      case .dumpcap:
        ["dumpcap", "-q", "-P", "-i", interface, "-B", "64", "-f", filter, "-w", file]
      }
    }

    /// What it writes to standard error once it records.
    var sign: String { self == .tcpdump ? "listening on" : "File: " }

    /// How long frames may wait in its buffer, in seconds: up to twice the time-out that it asks for, and some.
    var quietTime: Double { self == .tcpdump ? 2.2 : 0.7 }
  }

  let path: String
  private let process: Subprocess
  private let interface: String
  private let program: Program

  /// Records from now on; returns once the recording is live.
  init(
    _ interface: String, of namespace: NetworkNamespace, filter: String, with program: Program = .dumpcap,
    testbed: Testbed
  ) throws {
    self.interface = "\(namespace.name)/\(interface)"
    path = "\(testbed.directory)/\(namespace.name)-\(UUID().uuidString).pcap"
    let program = program.usable
    self.program = program
    let process = try testbed.start(
      program.arguments(interface: interface, filter: filter, file: path), in: namespace)
    self.process = process
    try eventually("recording of \(interface): \(process.errorOutput)") {
      process.errorOutput.contains(program.sign) || !process.isRunning
    }
    guard process.isRunning else { throw Failure("\(process.name): \(process.errorOutput)") }
  }

  private var fileSize: Int {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
  }

  /// Waits until all recordings have been quiet for as long as their programs may hold frames back, then ends
  /// them; throws when one lost a frame.
  static func stop(_ recorders: Recorder...) throws {
    let quietTime = recorders.map(\.program.quietTime).max() ?? 0
    var sizes = recorders.map(\.fileSize)
    var quietSince = monotonicSeconds()
    try eventually("recordings to come to rest", within: 30) {
      let now = recorders.map(\.fileSize)
      if now != sizes { (sizes, quietSince) = (now, monotonicSeconds()) }
      return monotonicSeconds() - quietSince > quietTime
    }
    for recorder in recorders { try recorder.end() }
  }

  private func end() throws {
    process.signal(SIGINT)
    let exit = try process.wait(seconds: 10)
    let report = process.errorOutput
    guard exit == .status(0) else { throw Failure("\(process.name): \(exit), \(report)") }
    // "0 packets dropped by kernel" and "received/dropped on interface 'eth0': 12/0 (...)"
    let isWhole =
      switch program {
      case .tcpdump: report.contains("\n0 packets dropped by kernel")
      case .dumpcap: report.contains(#/received/dropped on interface '.*': \d+/0 /#)
      }
    if !isWhole { throw Failure("the recording of \(interface) is incomplete: \(report)") }
  }

  /// How many frames have been recorded so far.
  func count() throws -> Int { try CaptureFile.read(path, isGrowing: true).count }

  /// The recorded frames, after the end.
  func frames() throws -> [CaptureFile.Frame] { try CaptureFile.read(path) }
}
