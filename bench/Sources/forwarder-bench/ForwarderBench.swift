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
  var contenders = Contender.allCases.map(\.rawValue).joined(separator: ",")

  @Flag(help: "Three short repetitions instead of five.")
  var quick = false

  @Option(help: "Repetitions of each pair of load and contender.")
  var repetitions: Int?

  @Option(help: "Seconds of each run.")
  var seconds: Int?

  @Option(help: "The forwarder to measure.")
  var product = "../.build/release/packet-forwarder"

  @Option(help: "Folder of plain/ and load/.")
  var sources = "."

  @Flag(inversion: .prefixedNo, help: "Measure delay, idle CPU and time to start as well.")
  var traits = true

  @Flag(help: "Instead of measuring, show where each forwarder's time goes (needs perf).")
  var profile = false

  @Option(help: "Folder for latest.json and latest.svg; none are written without it.")
  var output: String?

  mutating func run() throws {
    guard getuid() == 0 else { throw ValidationError("network namespaces need root") }
    let chosen = try Self.parse(contenders, as: Contender.self)
    let plan = try Self.parse(loads, as: Load.self)
    let count = repetitions ?? (quick ? 3 : 5)
    if chosen.contains(where: \.isOurs), !FileManager.default.isExecutableFile(atPath: product) {
      throw ValidationError("no forwarder at \(product): build it, or name it with --product")
    }
    product = URL(fileURLWithPath: product).path

    Interrupt.handle {
      Children.endAll()
      Topology.removeOwn()
      Workspace.remove()
    }
    try Workspace.create()
    defer { Workspace.remove() }
    try Turn.take()
    let tools = try Tools(product: product, sources: sources)
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
    var results = Results(contenders: chosen)
    for load in plan {
      let duration = seconds ?? (load.isBulk ? 3 : quick || load.isHTTP ? 1 : 2)
      let workload = try Workload(load, tools: tools, topology: topology)
      defer { _ = try? workload.stop() }
      let contenders = chosen.filter { $0.mirrors(load) }
      results.add(
        try Self.runs(
          load, contenders, repetitions: count * load.runsPerRepetition, seconds: duration, workload: workload,
          tools: tools, topology: topology))
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
    print(results.table(of: plan))
    print(results.traitTable)
    print(results.goalTable)
    if let output { try results.write(to: output, loads: plan) }
  }

  /// All contenders in turn, again and again, so that a slow minute of the machine meets each of them.
  private static func runs(
    _ load: Load, _ contenders: [Contender], repetitions: Int, seconds: Int, workload: Workload, tools: Tools,
    topology: Topology
  ) throws -> [Run] {
    var runs: [Run] = []
    for repetition in 0..<repetitions {
      for contender in contenders {
        note("\(load.rawValue) \(contender.rawValue) \(repetition + 1)/\(repetitions)")
        runs.append(
          try Run.measure(
            load, contender, repetition: repetition, seconds: seconds, workload: workload, tools: tools,
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
