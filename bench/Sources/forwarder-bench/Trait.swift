import Foundation

/// Delay from the sender's stamp to the arrival at the collector, in microseconds.
struct Delay: Codable {
  var count: Int
  var p50: Double
  var p99: Double
}

/// Figures of a contender that need no throughput.
struct Trait: Codable {
  var contender: Contender
  /// At 100 packets per second.
  var delayAtLowRate: Delay
  /// At the rate of the paced loads, 200-byte frames.
  var delayAtHighRate: Delay
  /// Share of one CPU while nothing is on the link; nil without a process.
  var idleShare: Double?
  /// Milliseconds from exec to capturing; nil without a process.
  var startMilliseconds: Spread?
}

extension Trait {
  private static let lowRate = 100

  /// Measures one contender.
  static func measure(_ contender: Contender, quick: Bool, tools: Tools, topology: Topology) throws -> Trait {
    let workload = try Workload(.udp200, tools: tools, topology: topology)
    var starts: [Double] = []
    for _ in 0..<(quick ? 5 : 11) {
      let mirror = try Mirror(contender, tools: tools, topology: topology)
      starts.append(Double(mirror.startNanoseconds) / 1e6)
      _ = try mirror.stop()
    }
    let mirror = try Mirror(contender, tools: tools, topology: topology)
    defer { _ = try? mirror.stop() }
    let low = try delay(rate: lowRate, seconds: quick ? 2 : 5, oneIn: 1, workload, tools, topology)
    let high = try delay(
      rate: Load.pacedRate, seconds: quick ? 1 : 3, oneIn: 64, workload, tools, topology)
    guard mirror.child != nil else {
      return Trait(contender: contender, delayAtLowRate: low, delayAtHighRate: high)
    }
    return Trait(
      contender: contender, delayAtLowRate: low, delayAtHighRate: high,
      idleShare: try idle(contender, seconds: quick ? 3 : 10, tools: tools, topology: topology),
      startMilliseconds: Spread(starts))
  }

  private static func delay(
    rate: Int, seconds: Int, oneIn: Int, _ workload: Workload, _ tools: Tools, _ topology: Topology
  ) throws -> Delay {
    let receiver = try Child(
      [tools.delay, Topology.collectorInterface, String(oneIn)], in: topology.collector)
    try receiver.awaitError(containing: "capturing")
    _ = try workload.execute(seconds: seconds, rate: rate)
    try topology.drain()
    try receiver.stop()
    return try JSONDecoder().decode(Delay.self, from: Data(receiver.output.utf8))
  }

  /// CPU of a forwarder that has nothing to do, once its start is over.
  private static func idle(
    _ contender: Contender, seconds: UInt32, tools: Tools, topology: Topology
  ) throws -> Double {
    let mirror = try Mirror(contender, tools: tools, topology: topology)
    defer { _ = try? mirror.stop() }
    sleep(1)
    let start = Clock.now
    let before = mirror.cpu
    sleep(seconds)
    return Double(mirror.cpu - before) / Double(Clock.now - start)
  }
}
