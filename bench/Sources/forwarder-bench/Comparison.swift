/// This build of the forwarder against the earlier one (`--baseline`), each run against the other's of the same round.
struct Comparison: Codable {
  var load: Load
  /// CPU of the forwarder per captured frame.
  var perFrame: Spread
  /// CPU of the forwarder per KiB that arrived, for bulk loads.
  var perKiB: Spread?
  /// CPU of the whole system per unit of the app.
  var system: Spread
  /// What the app does in a second.
  var throughput: Spread
  /// Share of rounds in which this build took less CPU per frame.
  var cheaper: Double
}

extension Results {
  /// One for each load that both ran under.
  var comparisons: [Comparison] { Load.allCases.compactMap { comparison(under: $0) } }

  private func comparison(under load: Load) -> Comparison? {
    let sample = runs.filter { $0.load == load && $0.contender == .ring }
    func ratios(_ figure: (Run) -> Double) -> [Double] {
      paired(sample, with: .baseline) { figure($0) / figure($1) }.filter(\.isFinite)
    }
    let perFrame = ratios(\.forwarderPerFrame)
    guard let frames = Spread(perFrame), let throughput = Spread(ratios(\.throughput)),
      let system = Spread(ratios { Double($0.systemCPU) / $0.units })
    else { return nil }
    return Comparison(
      load: load, perFrame: frames, perKiB: load.isBulk ? Spread(ratios(\.forwarderPerKiB)) : nil, system: system,
      throughput: throughput, cheaper: Double(perFrame.count { $0 < 1 }) / Double(perFrame.count))
  }
}
