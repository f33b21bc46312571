import Foundation

extension Results {
  private static let columns: [(title: String, width: Int)] = [
    ("load", 11), ("contender", 13), ("ns/frame", 14), ("x plain", 8), ("system ns/frame", 17), ("ns/KiB", 8),
    ("loss %", 8), ("valid %", 8),
    ("kframes/s", 10), ("app kept", 14), ("peak MiB", 9), ("others %", 9),
  ]

  /// Medians, with half the range in percent of the median.
  func table(of loads: [Load]) -> String {
    let rows = loads.flatMap { self.rows(of: $0) }.map(Self.cells)
    return ([Self.columns.map(\.title)] + rows).map(Self.line).joined(separator: "\n")
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
    return ([titles] + rows).map { row in
      row.map { $0 + String(repeating: " ", count: max(1, 15 - $0.count)) }.joined()
    }.joined(separator: "\n")
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
    let half = value.median == 0 ? 0 : abs((value.maximum - value.minimum) / 2 / value.median * 100)
    return number(value.median, digits) + " ±" + number(half, 0) + "%"
  }

  /// Left-aligned names, right-aligned figures.
  private static func line(_ cells: [String]) -> String {
    zip(cells, columns).enumerated().map { index, pair in
      let padding = String(repeating: " ", count: max(0, pair.1.width - pair.0.count))
      return index < 2 ? pair.0 + padding : padding + pair.0
    }.joined()
  }
}
