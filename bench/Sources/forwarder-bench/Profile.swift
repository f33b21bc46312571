import Foundation

/// Where a forwarder's CPU time goes, as perf sees it.
enum Profile {
  /// Samples per second.
  private static let rate = 1999

  /// Mirrors a load for `seconds` under perf and returns its report: one line per symbol with its own share.
  static func take(
    _ load: Load, _ contender: Contender, seconds: Int, tools: Tools, topology: Topology
  ) throws -> String {
    let workload = try Workload(load, tools: tools, topology: topology)
    defer { _ = try? workload.stop() }
    let mirror = try Mirror(contender, tools: tools, topology: topology, load: load)
    defer { _ = try? mirror.stop() }
    guard let forwarder = mirror.child else { throw BenchError("\(contender.rawValue) has no process") }
    let file = "\(Workspace.directory)/perf.data"
    // Virtual machines often have no hardware counters; the CPU clock is always there.
    let recorder = try Child([
      "perf", "record", "-q", "-e", "cpu-clock", "-F", String(rate), "-p", String(forwarder.pid), "-o", file,
      "--", "sleep", String(seconds),
    ])
    _ = try workload.execute(seconds: seconds)
    try recorder.wait(seconds: Double(seconds) + 10)
    let report = try run(
      "perf", "report", "-q", "--stdio", "--no-children", "--percent-limit", "0.8", "--sort", "dso,symbol",
      "-i",
      file)
    return "\(load.rawValue) \(contender.rawValue)\n\(report)"
  }
}
