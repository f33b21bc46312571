/// A figure as the line for people shows it.
package struct MetricFigure {
  /// The number; of a figure with parts, their sum.
  package let value: UInt64
  /// The parts that are not 0.
  let parts: [MetricSample]
  /// Length of the interval.
  let seconds: Double

  /// For each second of the interval.
  package var perSecond: String { Self.rounded(rate, digits: 0) }

  /// Bytes as megabits for each second of the interval.
  package var megabitsPerSecond: String { Self.rounded(rate * 8 / 1_000_000, digits: 1) }

  /// The parts with their names: `oversize 1, EPERM 9`.
  package var breakdown: String { parts.map { "\($0.name) \($0.value)" }.joined(separator: ", ") }

  /// An interval may be over in the millisecond in which it began.
  private var rate: Double { Double(value) / max(seconds, 0.001) }

  /// `value`, which is not negative, with no digit or one after the point.
  static func rounded(_ value: Double, digits: Int) -> String {
    let whole = UInt64(exactly: (value * (digits == 0 ? 1 : 10)).rounded()) ?? .max
    return digits == 0 ? "\(whole)" : "\(whole / 10).\(whole % 10)"
  }
}
