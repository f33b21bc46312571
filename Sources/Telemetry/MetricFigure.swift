/// A figure as the line for people shows it.
package struct MetricFigure {
  /// The number; of a figure with parts, their sum.
  package let value: UInt64
  /// The parts that are not 0.
  let parts: [MetricSample]
  /// Length of the interval.
  let seconds: Double

  /// For each second of the interval.
  package var perSecond: String {
    // Less than ten would be rounded to little or nothing.
    Self.rounded(rate, digits: rate < 9.95 ? 1 : 0)
  }

  /// Bytes as bits for each second of the interval, in the unit that shows something: `48.0 kbit/s`.
  package var bitsPerSecond: String { Self.scaled(rate * 8, "bit/s") }

  /// Bytes in the unit that shows something: `2.0 MB`.
  package var bytes: String { Self.bytes(value) }

  /// The parts with their names: `oversize 1, EPERM 9`.
  package var breakdown: String { parts.map { "\($0.name) \($0.value)" }.joined(separator: ", ") }

  /// An interval may be over in the millisecond in which it began.
  private var rate: Double { Double(value) / max(seconds, 0.001) }

  /// A number of bytes in the unit that shows something.
  static func bytes(_ count: UInt64) -> String { count < 1_000 ? "\(count) bytes" : scaled(Double(count), "B") }

  /// `value`, which is not negative, in steps of 1000: below 1000 of a unit, with one digit after the point.
  private static func scaled(_ value: Double, _ unit: String) -> String {
    var (value, prefixes) = (value, ["", "k", "M", "G", "T"][...])
    // What would be rounded to 1000.0 is 1.0 of the next unit.
    while value >= 999.95, prefixes.count > 1 {
      value /= 1_000
      prefixes.removeFirst()
    }
    return "\(rounded(value, digits: 1)) \(prefixes.first ?? "")\(unit)"
  }

  /// `value`, which is not negative, with so many digits after the point, 0 to 3.
  static func rounded(_ value: Double, digits: Int) -> String {
    let factor: UInt64 = [1, 10, 100, 1_000][digits]
    let scaled = UInt64(exactly: (value * Double(factor)).rounded()) ?? .max
    guard digits > 0 else { return "\(scaled)" }
    return "\(scaled / factor).\(String(factor + scaled % factor).dropFirst())"
  }
}
