import Foundation
import Glibc
import Testing

/// Which capture engine a test runs over; both must pass the same tests.
enum Engine: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case libpcap, ring
  /// The ring as on a kernel before 6.2, without the offload header (PACKET_VNET_HDR): no size of segments is known,
  /// and no place of an open checksum.
  case ringWithoutOffloadHeader

  /// What CAPTURE can be.
  static let allCases: [Engine] = [.libpcap, .ring]
  /// These and the ring on an older kernel: for the tests of what arrives at the collector.
  static let everyWay = allCases + [.ringWithoutOffloadHeader]

  /// The value of CAPTURE.
  var setting: String { self == .libpcap ? "libpcap" : "ring" }

  /// Starts the program on this kernel, or on what says that it is 2.6.
  var launcher: [String] { self == .ringWithoutOffloadHeader ? ["setarch", "--uname-2.6"] : [] }

  /// Whether the engine learns what a super-datagram was made of.
  var knowsDatagramSize: Bool { self == .ring }

  var testDescription: String { rawValue }
}

/// The program under test, running as a sidecar of the testbed's application.
final class Forwarder {
  let process: Subprocess

  /// Starts it with exactly these environment variables (and `Tool.settings`), and returns once it captures.
  ///
  /// - Parameters:
  ///   - addresses: what the collector's name resolves to.
  ///   - host: where it runs; the application's namespace when absent.
  ///   - launcher: a command that runs the program, with its arguments.
  init(
    _ environment: [String: String], testbed: Testbed,
    addresses: [String] = [Testbed.Address.collector], host: NetworkNamespace? = nil,
    launcher: [String] = []
  ) throws {
    let process = try testbed.start(
      launcher + [try Tool.packetForwarder()], in: host ?? testbed.app,
      environment: Tool.settings.merging(environment) { $1 },
      hosts: try testbed.hosts(addresses))
    self.process = process
    try eventually("forwarder to capture; it said: \(process.errorOutput)") {
      process.errorOutput.contains("capturing") || !process.isRunning
    }
    guard process.isRunning else {
      throw Failure("forwarder \(try process.wait(seconds: 1)): \(process.errorOutput)")
    }
  }

  /// Ends it by a signal and returns what it printed to standard output.
  ///
  /// The contract: exit code 0 within two seconds.
  @discardableResult
  func stop(_ signal: Int32 = SIGTERM) throws -> String {
    let start = monotonicSeconds()
    process.signal(signal)
    let exit = try process.wait(seconds: 10)
    let duration = monotonicSeconds() - start
    #expect(exit == .status(0), "\(process.errorOutput)")
    #expect(duration < 2, "it took \(duration) s to end")
    return process.output
  }

  /// Ends it, and checks that its statistics (STAT_FORMAT=json) are consistent, and that the kernel dropped no more than
  /// `kernelDrops` frames; returns all lines.
  func stopWithStatistics(_ signal: Int32 = SIGTERM, kernelDrops: Int = 0) throws -> [StatisticsLine] {
    let lines = try StatisticsLine.lines(of: try stop(signal))
    let last = try #require(lines.last, "no statistics at all")
    #expect(lines.map(\.final) == Array(repeating: false, count: lines.count - 1) + [true])
    var sum = Counters.zero
    for line in lines {
      sum = sum + line.counters
      #expect(line.counters.isBalanced, "\(line.counters)")
      #expect(line.total.isBalanced, "\(line.total)")
      #expect(line.total == sum + .zero, "the total is the sum of the intervals")
    }
    #expect(last.total.kernelDroppedPackets <= kernelDrops)
    return lines
  }

  /// `stopWithStatistics`, reduced to the counters of the whole run.
  func stopWithTotal(_ signal: Int32 = SIGTERM, kernelDrops: Int = 0) throws -> Counters {
    try #require(try stopWithStatistics(signal, kernelDrops: kernelDrops).last).total
  }
}
