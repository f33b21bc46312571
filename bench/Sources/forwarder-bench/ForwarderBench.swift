import ArgumentParser
import Foundation

@main
struct ForwarderBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forwarder-bench",
    abstract: "Measures packet-forwarder beside what an operator would otherwise use, in network namespaces.",
    discussion: "Needs root. Cleans up after itself, also on SIGINT and SIGTERM.")

  @Option(help: "Comma-separated loads: \(Load.allCases.map(\.rawValue).joined(separator: ",")).")
  var loads = Load.allCases.map(\.rawValue).joined(separator: ",")

  @Option(help: "Comma-separated contenders: \(Contender.allCases.map(\.rawValue).joined(separator: ",")).")
  var contenders: String?

  @Flag(help: "Three short rounds instead of five.")
  var quick = false

  @Option(help: "Rounds; within one, the contenders take turns.")
  var rounds: Int?

  @Flag(inversion: .prefixedNo, help: "Keep the app on core 0 and the forwarder on core 1.")
  var pinned = true

  @Option(help: "Seconds of each run.")
  var seconds: Int?

  @Option(help: "The forwarder to measure.")
  var product = "../.build/release/packet-forwarder"

  @Option(help: "An earlier build of the forwarder, as contender 'baseline'.")
  var baseline: String?

  @Option(help: "Folder of plain/ and load/.")
  var sources = "."

  @Flag(inversion: .prefixedNo, help: "Measure delay, idle CPU and time to start as well.")
  var traits = true

  @Flag(help: "Instead of measuring, show where each forwarder's time goes (needs perf).")
  var profile = false

  @Option(help: "Folder for latest.json, latest.svg and summary.svg; none are written without it.")
  var output: String?

  mutating func run() throws {
    guard getuid() == 0 else { throw ValidationError("network namespaces need root") }
    let chosen = try chosenContenders()
    let plan = try Self.parse(loads, as: Load.self)
    let count = rounds ?? (quick ? 3 : 5)
    guard count > 0, seconds ?? 1 > 0 else { throw ValidationError("--rounds and --seconds are above 0") }
    let placement = pinned ? Placement.pinned() : Placement.floating

    Interrupt.handle {
      Children.endAll()
      Topology.removeOwn()
      Workspace.remove()
    }
    try Workspace.create()
    defer { Workspace.remove() }
    try Turn.take()
    let tools = try Tools(product: product, baseline: baseline, sources: sources, placement: placement)
    let topology = try Topology()
    defer {
      Children.endAll()
      Topology.removeOwn()
    }

    if profile {
      for load in plan {
        for contender in chosen where contender.hasProcess {
          print(
            try Profile.take(load, contender, seconds: seconds ?? 5, tools: tools, topology: topology))
        }
      }
      return
    }
    var results = Results(contenders: chosen, placement: placement)
    for load in plan {
      let duration = seconds ?? load.seconds(quick: quick)
      let workload = try Workload(load, tools: tools, topology: topology)
      defer { _ = try? workload.stop() }
      let contenders = chosen.filter { $0.mirrors(load) }
      results.add(
        try Self.runs(
          load, contenders, rounds: count, seconds: duration, workload: workload, tools: tools,
          topology: topology))
      if load.isSampled {
        for contender in contenders where contender != .none {
          note("\(load.rawValue) \(contender.rawValue) sample")
          results.samples[load, default: [:]][contender] = try Sample.take(
            load, contender, workload: workload, tools: tools, topology: topology)
        }
      }
      note(results.table(of: [load]))
    }
    if traits {
      for contender in chosen where contender != .none && contender != .ring2 {
        note("traits \(contender.rawValue)")
        results.traits.append(
          try Trait.measure(contender, quick: quick, tools: tools, topology: topology))
      }
    }
    print(results.header)
    print(results.table(of: plan))
    for table in [results.comparisonTable, results.traitTable, results.goalTable] where !table.isEmpty {
      print("\n\(table)")
    }
    if let output { try results.write(to: output, loads: plan) }
  }

  /// Those asked for, or all that can be had; completes the paths of their programs.
  private mutating func chosenContenders() throws -> [Contender] {
    let all = Contender.allCases.filter { $0 != .baseline || baseline != nil }
    let chosen = try contenders.map { try Self.parse($0, as: Contender.self) } ?? all
    if chosen.contains(.baseline), baseline == nil {
      throw ValidationError("contender 'baseline' needs --baseline PATH")
    }
    func program(_ path: String) throws -> String {
      guard FileManager.default.isExecutableFile(atPath: path) else {
        throw ValidationError("no program at \(path): build it, or name it with --product or --baseline")
      }
      return URL(fileURLWithPath: path).path
    }
    if chosen.contains(where: { $0.isOurs && $0 != .baseline }) { product = try program(product) }
    baseline = try baseline.map(program)
    return chosen
  }

  /// All contenders in turn, again and again, so that a slow minute of the machine meets each of them; each round begins
  /// with another, so that none always comes after the same.
  private static func runs(
    _ load: Load, _ contenders: [Contender], rounds: Int, seconds: Int, workload: Workload, tools: Tools,
    topology: Topology
  ) throws -> [Run] {
    var runs: [Run] = []
    for round in 0..<rounds {
      for place in contenders.indices {
        let contender = contenders[(round + place) % contenders.count]
        note("\(load.rawValue) \(contender.rawValue) \(round + 1)/\(rounds)")
        runs.append(
          try Run.measure(
            load, contender, round: round, seconds: seconds, workload: workload, tools: tools,
            topology: topology))
      }
    }
    return runs
  }

  private static func parse<T: RawRepresentable & CaseIterable>(_ list: String, as type: T.Type) throws -> [T]
  where T.RawValue == String {
    try list.split(separator: ",").map { name in
      guard let value = T(rawValue: String(name)) else {
        throw ValidationError("'\(name)' is none of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return value
    }
  }
}
