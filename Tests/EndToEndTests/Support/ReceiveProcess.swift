import Foundation
import Testing

/// `packet-forwarder receive` on the testbed's collector.
final class ReceiveProcess {
  /// What its last line of statistics says of the whole run.
  struct Total: Decodable, Equatable {
    var receivedDatagrams: Int
    var deliveredFrames: Int
    var undeliveredFrames: Int
    var fragmentedDatagrams: Int
    var kernelDroppedDatagrams: Int
  }
  struct Sender: Decodable, Equatable {
    var address: String
    var sourcePorts: Int
    var receivedDatagrams: Int
  }
  struct Line: Decodable {
    var final: Bool
    var total: Total
    var senders: [Sender]
  }

  let process: Subprocess
  private let testbed: Testbed

  /// Returns once it listens.
  init(_ arguments: [String], testbed: Testbed) throws {
    self.testbed = testbed
    let command = [try Tool.packetForwarder(), "receive", "--stat-format", "json"] + arguments
    let process = try testbed.start(command, in: testbed.collector)
    self.process = process
    try eventually("receiver to listen: \(process.errorOutput)") {
      process.errorOutput.contains("listening on") || !process.isRunning
    }
    guard process.isRunning else { throw Failure("receiver: \(process.errorOutput)") }
  }

  /// Bytes waiting in the sockets of a receiver; nil while there is none.
  static func queue(_ testbed: Testbed) throws -> Int? {
    let sockets = try testbed.collector.run(["ss", "-Hlun", "sport = :4789"]).split(separator: "\n")
    if sockets.isEmpty { return nil }
    return sockets.compactMap { Int($0.split(separator: " ")[1]) }.reduce(0, +)
  }

  /// Ends it once it has read what was sent, and returns its last line.
  func stop() throws -> Line {
    try eventually("receiver to read everything") { try Self.queue(testbed) == 0 }
    process.signal(SIGTERM)
    #expect(try process.wait(seconds: 5) == .status(0), "\(process.errorOutput)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let last = try #require(process.output.split(separator: "\n").last { $0.hasPrefix("{") }, "\(process.output)")
    let line = try decoder.decode(Line.self, from: Data(last.utf8))
    #expect(line.final)
    return line
  }
}
