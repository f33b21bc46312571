import Foundation
import Glibc

/// What `status --format json` says, as far as tests look at it.
struct StatusDocument: Decodable {
  /// One capture thread.
  struct Worker: Decodable {
    var capturing: Bool
    var ringSize: Int?
    var ringHighWater: Int?
    var reserveSize: Int?
  }

  /// One interface.
  struct Interface: Decodable {
    var name: String
    var linkType: String?
    var state: String
  }

  /// One collector.
  struct Collector: Decodable {
    var address: String
    var names: String?
    var routeMtu: Int?
    var sourcePorts: String?
    var sentDatagrams: Int
    var failed: [String: Int]
    var lastError: String?
    var lastErrorTime: String?
  }

  /// One entry of DESTINATION.
  struct Destination: Decodable {
    var name: String
    var addresses: String?
    var answerAge: Int?
    var failure: String?
  }

  /// One of the flows that carry most.
  struct Flow: Decodable {
    var name: String
    var bytesPerSecond: Int
  }

  private struct Header: Decodable {
    var pid: Int
    var uptime: Int
    var engine: String
    var filter: String?
    var filterInstructions: Int?
    var unhealthy: String?
    var lostLines: StatisticsLine.LostLines
    var workers: [Worker]
    var interfaces: [Interface]
    var destinations: [Destination]
    var collectors: [Collector]
    var flows: [Flow]?
  }

  var pid: Int
  /// Milliseconds.
  var uptime: Int
  var engine: String
  var filter: String?
  var filterInstructions: Int?
  var unhealthy: String?
  var lostLines: StatisticsLine.LostLines
  var workers: [Worker]
  var interfaces: [Interface]
  var destinations: [Destination]
  var collectors: [Collector]
  /// Since the start.
  var counters: Counters
  var flows: [Flow]?

  init(from decoder: any Decoder) throws {
    let header = try Header(from: decoder)
    pid = header.pid
    uptime = header.uptime
    engine = header.engine
    filter = header.filter
    filterInstructions = header.filterInstructions
    unhealthy = header.unhealthy
    lostLines = header.lostLines
    workers = header.workers
    interfaces = header.interfaces
    destinations = header.destinations
    collectors = header.collectors
    flows = header.flows
    counters = try Counters(from: decoder)
  }
}

extension Testbed {
  /// What `status` prints of the forwarder beside the application.
  func status(_ arguments: [String] = []) throws -> String {
    try app.run([try Tool.packetForwarder(), "status"] + arguments)
  }

  /// The same as values.
  func statusDocument(flows: Bool = false) throws -> StatusDocument {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let text = try status(["--format", "json"] + (flows ? ["--flows"] : []))
    return try decoder.decode(StatusDocument.self, from: Data(text.utf8))
  }
}

/// What a process has of the system.
struct Footprint {
  var descriptors: Int
  var threads: Int
  /// Resident, in KiB.
  var memory: Int

  init(of process: pid_t) throws {
    descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
    threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").count
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    guard let size = status.firstMatch(of: #/VmRSS:\s+(\d+) kB/#).flatMap({ Int($0.1) }) else {
      throw Failure("no VmRSS in \(status)")
    }
    memory = size
  }
}
