/// A figure as Prometheus has it: a name, and a number for each set of labels.
package struct MetricFamily: Equatable, Sendable {
  /// How its numbers belong together.
  package enum Kind: String, Sendable {
    /// Only grows, but for a start from 0.
    case counter
    /// The value of this moment.
    case gauge
    /// Says something by its labels; the number is 1.
    case info
  }

  /// A number.
  package enum Value: Equatable, Sendable, CustomStringConvertible {
    case whole(UInt64)
    /// Thousandths.
    case milli(UInt64)
    /// In decimal.
    case decimal(String)

    /// In decimal.
    package var description: String {
      switch self {
      case .whole(let number): "\(number)"
      case .milli(let number):
        number % 1_000 == 0 ? "\(number / 1_000)" : "\(number / 1_000).\("\(1_000 + number % 1_000)".dropFirst())"
      case .decimal(let text): text
      }
    }
  }

  /// What tells one number from the others.
  package typealias Labels = [MetricSample.Label]

  /// Without `_total` and `_info`.
  package var name: String
  /// How its numbers belong together.
  package var kind: Kind
  /// What they count, where the name ends with it.
  package var unit: String?
  /// One sentence.
  package var help: String
  /// Its numbers; no set of labels twice.
  package var samples: [(labels: Labels, value: Value)]

  /// A family of these numbers.
  package init(
    _ name: String, _ kind: Kind, unit: String? = nil, help: String, _ samples: [(labels: Labels, value: Value)]
  ) {
    self.name = name
    self.kind = kind
    self.unit = unit
    self.help = help
    self.samples = samples
  }

  /// What is known, as labels; those that say nothing are left out. nil where none says anything.
  package static func info(_ name: String, help: String, _ labels: KeyValuePairs<String, String>) -> MetricFamily? {
    let known = labels.filter { !$0.value.isEmpty }.map { MetricSample.Label(name: $0.key, value: $0.value) }
    return known.isEmpty ? nil : MetricFamily(name, .info, help: help, [(known, .whole(1))])
  }

  /// Whether both show the same.
  package static func == (one: MetricFamily, other: MetricFamily) -> Bool {
    one.name == other.name && one.kind == other.kind && one.unit == other.unit && one.help == other.help
      && one.samples.elementsEqual(other.samples) { $0.labels == $1.labels && $0.value == $1.value }
  }
}
