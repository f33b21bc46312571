import ArgumentParser
import System
import Telemetry

/// Which of the forwarders in this network namespace is asked.
struct ForwarderChoice {
  static let nobody = "no forwarder is running here"

  private let processID: Int32?

  /// `pid` as it was given; any forwarder where it was not.
  init(pid: String?) throws {
    processID = try pid.map { try OptionValue.number($0, "--pid", 1...Int32.max) }
  }

  /// Those of this container, or the one that was asked for: of another container its health says nothing of this one.
  func ofThisContainer() throws -> [StatusName] {
    let root = RootFolder.identity
    return found.filter { processID != nil || $0.root == root }
  }

  /// The one there is, or of several the one of this container; else the end of the program with one line.
  func only() throws -> StatusName {
    let all = found
    let own = all.filter { $0.root == RootFolder.identity }
    if let name = own.count == 1 ? own[0] : all.count == 1 ? all[0] : nil { return name }
    guard !all.isEmpty else { throw ExitStatus.failure(ExitStatus.negative, Self.nobody) }
    let list = (own.isEmpty ? all : own).map { "\($0.processID)" }.joined(separator: ", ")
    throw ExitStatus.failure(ExitStatus.negative, "several forwarders run here; choose one with --pid: \(list)")
  }

  private var found: [StatusName] {
    guard let processID else { return StatusName.all() }
    let listed = StatusName.all().filter { $0.processID == processID }
    // Where there is no /proc to list them, the name is known all the same.
    return listed.isEmpty ? [StatusName(processID: processID)] : listed
  }
}
