import Foundation

/// One contender under one load over all rounds.
struct Row: Codable {
  var load: Load
  var contender: Contender
  /// Forwarder CPU per captured frame, in nanoseconds.
  var forwarderPerFrame: Spread
  /// The same against the plain C forwarder of the same round.
  var againstPlain: Spread?
  /// The same against the earlier build in the same round.
  var againstBaseline: Spread?
  /// CPU that the whole system spends more than without a mirror, per frame on the link, in nanoseconds.
  var systemPerFrame: Spread?
  /// Forwarder CPU per KiB of payload that arrived, in nanoseconds.
  var forwarderPerKiB: Spread
  /// Share of payload that did not arrive.
  var loss: Spread
  /// Share of the payload in a sample of the mirror that has valid checksums; nil where none was taken.
  var validShare: Double?
  /// Payload that arrived, in bytes per second.
  var deliveredPerSecond: Spread
  /// The app's throughput against that of the same round without a mirror.
  var kept: Spread?
  /// The app's throughput in `Load.unit` per second.
  var throughput: Spread
  /// Frames on the traffic link per second.
  var framesPerSecond: Spread
  /// Largest resident size, in bytes.
  var peakBytes: UInt64
  /// Largest share of the machine that something else used meanwhile.
  var foreignShare: Double

  /// `systemPerFrame`, unless it varies so much that it says little.
  var certainSystemPerFrame: Spread? { systemPerFrame.flatMap { $0.isVague ? nil : $0 } }
}

/// All runs, and what they come to.
struct Results {
  var contenders: [Contender]
  var placement: Placement
  var runs: [Run] = []
  var samples: [Load: [Contender: Sample]] = [:]
  var traits: [Trait] = []

  init(contenders: [Contender], placement: Placement) {
    self.contenders = contenders
    self.placement = placement
  }

  mutating func add(_ more: [Run]) { runs += more }

  /// How often the contenders took turns.
  var rounds: Int { (runs.map(\.round).max() ?? -1) + 1 }

  /// The rows of one load, in the order of the contenders.
  func rows(of load: Load) -> [Row] { contenders.compactMap { row(load, $0) } }

  func row(_ load: Load, _ contender: Contender) -> Row? {
    let sample = runs.filter { $0.load == load && $0.contender == contender }
    guard let perFrame = Spread(sample.map(\.forwarderPerFrame)),
      let perKiB = Spread(sample.map(\.forwarderPerKiB)), let loss = Spread(sample.map(\.loss)),
      let throughput = Spread(sample.map(\.throughput)),
      let frames = Spread(sample.map { Double($0.frames) / $0.seconds }),
      let delivered = Spread(sample.map { $0.deliveredPayloadBytes / $0.seconds })
    else { return nil }
    let extra = paired(sample, with: .none) { run, idle -> Double in
      let more = Double(run.systemCPU) / run.units - Double(idle.systemCPU) / idle.units
      return more * run.units / Double(run.frames)
    }
    return Row(
      load: load, contender: contender, forwarderPerFrame: perFrame,
      againstPlain: Spread(paired(sample, with: .plain) { $0.forwarderPerFrame / $1.forwarderPerFrame }),
      againstBaseline: contender == .baseline
        ? nil : Spread(paired(sample, with: .baseline) { $0.forwarderPerFrame / $1.forwarderPerFrame }),
      systemPerFrame: Spread(extra), forwarderPerKiB: perKiB, loss: loss,
      validShare: samples[load]?[contender]?.validShare, deliveredPerSecond: delivered,
      kept: Spread(paired(sample, with: .none) { $0.throughput / $1.throughput }), throughput: throughput,
      framesPerSecond: frames, peakBytes: sample.map(\.peakBytes).max() ?? 0,
      foreignShare: sample.map(\.foreignShare).max() ?? 0)
  }

  /// Compares each run with that of another contender in the same round.
  func paired(_ sample: [Run], with other: Contender, _ compare: (Run, Run) -> Double) -> [Double] {
    sample.compactMap { run in
      runs.first { $0.load == run.load && $0.contender == other && $0.round == run.round }
        .map { compare(run, $0) }
    }
  }
}
