import Foundation

/// A promise of this project, as a comparison inside one run.
struct Goal: Codable {
  var name: String
  var value: Double
  var limit: Double
  /// Whether the value may not be above the limit; otherwise not below it.
  var isCeiling: Bool

  var isMet: Bool { isCeiling ? value <= limit : value >= limit }
}

extension Results {
  /// The promises that this run's loads and contenders can show.
  var goals: [Goal] {
    var goals: [Goal] = []
    func atMost(_ name: String, _ value: Double?, _ limit: Double?) {
      guard let value, let limit else { return }
      goals.append(Goal(name: name, value: value, limit: limit, isCeiling: true))
    }
    func atLeast(_ name: String, _ value: Double?, _ limit: Double?) {
      guard let value, let limit else { return }
      goals.append(Goal(name: name, value: value, limit: limit, isCeiling: false))
    }

    for load in [Load.udp200, .udp1414, .imix] {
      atMost(
        "CPU per frame against the technique in bare C, \(load.rawValue)", ratio(load, .ring, to: .batched), 1.15)
    }
    for load in [Load.udp200, .udp1414] {
      atMost(
        "system ns per frame against tc mirred, \(load.rawValue)",
        row(load, .ring)?.systemPerFrame?.median, row(load, .mirred)?.systemPerFrame?.median)
    }
    for load in [Load.http, .http1k] {
      guard let kept = row(load, .ring)?.kept?.median else { continue }
      atLeast("app kept, \(load.rawValue)", kept, 0.88)
      atLeast("app kept beside tc mirred, \(load.rawValue)", kept, row(load, .mirred)?.kept.map { $0.median * 1.15 })
    }
    for comparison in comparisons {
      let name = comparison.load.rawValue
      if let perKiB = comparison.perKiB {
        atMost("CPU per KiB against the earlier build, \(name)", perKiB.median, 1)
        atLeast("throughput of the app against the earlier build, \(name)", comparison.throughput.median, 1)
      } else {
        atMost("CPU per frame against the earlier build, \(name)", comparison.perFrame.median, 1.05)
      }
    }
    for load in [Load.upload, .download] {
      guard let row = row(load, .ring) else { continue }
      let drops = runs.filter { $0.load == load && $0.contender == .ring }.compactMap(\.kernelDropped)
      atLeast("app kept, \(load.rawValue)", row.kept?.median, 0.74)
      atMost("ns per KiB, \(load.rawValue)", row.forwarderPerKiB.median, 300)
      atMost("frames dropped by the kernel, \(load.rawValue)", drops.max().map { Double($0) }, 0)
      // Header sizes are taken as equal; a handshake's options make a few bytes of difference.
      atMost("share of payload lost, \(load.rawValue)", row.loss.maximum, 0.0001)
      atLeast("share of payload with valid checksums, \(load.rawValue)", row.validShare, 1)
    }
    let ours = Load.allCases.compactMap { row($0, .ring)?.peakBytes }.max()
    atMost("peak MiB beside the ring", ours.map { Double($0) / 1_048_576 - Double(Contender.ringMiB) }, 16)
    if let trait = traits.first(where: { $0.contender == .ring }) {
      atMost("idle share of a CPU", trait.idleShare, 0.001)
      atMost("ms from exec to capturing", trait.startMilliseconds?.median, 100)
      atMost("p99 delay at 100 packets/s, us", trait.delayAtLowRate.p99, 10_000)
      atMost("p99 delay at 200,000 packets/s, us", trait.delayAtHighRate.p99, 6_000)
    }
    // A share, since what the app offers varies more than what is carried of it.
    atLeast(
      "share of payload delivered by 2 workers against 1, upload1500",
      row(.upload1500, .ring2).map { 1 - $0.loss.median }, row(.upload1500, .ring).map { 1 - $0.loss.median })
    return goals
  }

  /// Median of the CPU per frame against that of another contender in the same round.
  private func ratio(_ load: Load, _ contender: Contender, to other: Contender) -> Double? {
    let sample = runs.filter { $0.load == load && $0.contender == contender }
    return Spread(paired(sample, with: other) { $0.forwarderPerFrame / $1.forwarderPerFrame })?.median
  }
}
