import Foundation

extension Results {
  private static let columns: [(title: String, width: Int)] = [
    ("load", 15), ("contender", 13), ("ns/frame", 14), ("x plain", 8), ("x base", 7), ("system ns/frame", 17),
    ("ns/KiB", 8),
    ("loss %", 8), ("valid %", 8),
    ("kframes/s", 10), ("app kept", 14), ("peak MiB", 9), ("others %", 9),
  ]

  /// What was run where.
  var header: String {
    let (machine, seconds) = (Self.machine, Set(runs.map { Int($0.seconds.rounded()) }).sorted())
    return """
      Linux \(machine.kernel), \(machine.processor), \(machine.cores) cores; \(rounds) rounds of \
      \(seconds.map(String.init).joined(separator: " or ")) s
      placement: \(placement)
      """
  }

  /// Medians, with half the distance of the quartiles in percent of the median; in parentheses where that is so much that
  /// the median says little.
  func table(of loads: [Load]) -> String {
    let rows = loads.flatMap { self.rows(of: $0) }.map(Self.cells)
    return ([Self.columns.map(\.title)] + rows).map(Self.line).joined(separator: "\n")
  }

  /// This build against the earlier one; a throughput above 1 is this build's gain, any other figure its loss.
  var comparisonTable: String {
    guard !comparisons.isEmpty else { return "" }
    let titles = ["ring / baseline", "ns/frame", "ns/KiB", "system CPU", "throughput", "cheaper in"]
    let rows = comparisons.map { comparison in
      [
        comparison.load.rawValue, Self.spread(comparison.perFrame, digits: 3),
        comparison.perKiB.map { Self.spread($0, digits: 3) } ?? "-", Self.spread(comparison.system, digits: 3),
        Self.spread(comparison.throughput, digits: 3), Self.number(comparison.cheaper * 100, 0) + "% of rounds",
      ]
    }
    return ([titles] + rows).map(Self.evenly).joined(separator: "\n")
  }

  /// What needs no throughput, contender by contender.
  var traitTable: String {
    guard !traits.isEmpty else { return "" }
    let titles = [
      "contender", "p50 us, low", "p99 us, low", "p50 us, high", "p99 us, high", "idle CPU %", "start ms",
    ]
    let rows = traits.map { trait in
      [
        trait.contender.rawValue, Self.number(trait.delayAtLowRate.p50, 0),
        Self.number(trait.delayAtLowRate.p99, 0),
        Self.number(trait.delayAtHighRate.p50, 0), Self.number(trait.delayAtHighRate.p99, 0),
        trait.idleShare.map { Self.number($0 * 100, 3) } ?? "-",
        trait.startMilliseconds.map { Self.spread($0, digits: 1) } ?? "-",
      ]
    }
    return ([titles] + rows).map(Self.evenly).joined(separator: "\n")
  }

  /// The promises, each with its figure.
  var goalTable: String {
    goals.map { goal in
      let sign = goal.isCeiling ? "<=" : ">="
      let figures = "\(Self.number(goal.value, 4)) \(sign) \(Self.number(goal.limit, 4))"
      return "\(goal.isMet ? "met   " : "MISSED") \(goal.name): \(figures)"
    }.joined(separator: "\n")
  }

  private static func cells(of row: Row) -> [String] {
    let works = row.forwarderPerFrame.median > 0
    return [
      row.load.rawValue, row.contender.rawValue,
      works ? spread(row.forwarderPerFrame, digits: 0) : "-",
      works ? row.againstPlain.map { number($0.median, 2) } ?? "-" : "-",
      works ? row.againstBaseline.map { number($0.median, 2) } ?? "-" : "-",
      row.contender == .none ? "-" : row.systemPerFrame.map { spread($0, digits: 0) } ?? "-",
      works && row.load.isBulk ? number(row.forwarderPerKiB.median, 0) : "-",
      row.contender == .none ? "-" : number(row.loss.median * 100, 2),
      row.validShare.map { number($0 * 100, 1) } ?? "-",
      number(row.framesPerSecond.median / 1000, 1),
      row.load.isPaced ? "-" : row.kept.map { spread($0, digits: 2) } ?? "-",
      works ? number(Double(row.peakBytes) / 1_048_576, 1) : "-",
      number(row.foreignShare * 100, 0),
    ]
  }

  private static func number(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  private static func spread(_ value: Spread, digits: Int) -> String {
    let text = number(value.median, digits) + " ±" + number(value.uncertainty * 100, 0) + "%"
    return value.isVague ? "(\(text))" : text
  }

  private static func evenly(_ cells: [String]) -> String {
    cells.map { $0 + String(repeating: " ", count: max(1, 17 - $0.count)) }.joined()
  }

  /// Left-aligned names, right-aligned figures.
  private static func line(_ cells: [String]) -> String {
    zip(cells, columns).enumerated().map { index, pair in
      let padding = String(repeating: " ", count: max(0, pair.1.width - pair.0.count))
      return index < 2 ? pair.0 + padding : padding + pair.0
    }.joined()
  }
}
