import Foundation

extension Results {
  /// What a reader of the file needs to know about the machine.
  struct Machine: Codable {
    var kernel: String
    var processor: String
    var cores: Int
    var memoryMiB: Int
  }

  private struct Document: Codable {
    var time: String
    var machine: Machine
    var placement: Placement
    var rounds: Int
    var pacedPacketsPerSecond: Int
    var flows: Int
    var rows: [Row]
    var comparisons: [Comparison]
    var traits: [Trait]
    var goals: [Goal]
    var samples: [String: [String: Sample]]
    var runs: [Run]
  }

  /// Writes latest.json, latest.svg and, where the loads and contenders of it were run, summary.svg into a folder.
  func write(to folder: String, loads: [Load]) throws {
    let rows = loads.flatMap { self.rows(of: $0) }
    let named = samples.map { load, byContender in
      (load.rawValue, Dictionary(uniqueKeysWithValues: byContender.map { ($0.key.rawValue, $0.value) }))
    }
    let document = Document(
      time: Date.now.ISO8601Format(), machine: Self.machine, placement: placement, rounds: rounds,
      pacedPacketsPerSecond: Load.pacedRate,
      flows: Load.flows, rows: rows, comparisons: comparisons, traits: traits, goals: goals,
      samples: Dictionary(uniqueKeysWithValues: named), runs: runs)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try encoder.encode(document).write(to: URL(fileURLWithPath: "\(folder)/latest.json"))
    try plot(loads).write(toFile: "\(folder)/latest.svg", atomically: true, encoding: .utf8)
    try summary()?.write(toFile: "\(folder)/summary.svg", atomically: true, encoding: .utf8)
  }

  static var machine: Machine {
    let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = information.split(separator: "\n").first { $0.hasPrefix("model name") }?
      .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    let kernel = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
    return Machine(
      kernel: kernel.trimmingCharacters(in: .whitespacesAndNewlines), processor: model ?? "unknown",
      cores: ProcessInfo.processInfo.activeProcessorCount,
      memoryMiB: Int(ProcessInfo.processInfo.physicalMemory / 1_048_576))
  }
}
