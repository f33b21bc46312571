/// One number of a figure, and which of its parts this is.
package struct MetricSample: Equatable, Sendable {
  /// What tells a part from the others.
  package struct Label: Equatable, Sendable {
    /// Such as `reason`.
    package var name: String
    /// Such as `oversize`.
    package var value: String

    /// Such as `reason="oversize"`.
    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// From the outermost in; none where the figure has no parts.
  package var labels: [Label]
  /// The number.
  package var value: UInt64

  /// What people call the part.
  package var name: String { labels.last.map { $0.value.split(separator: "_").joined(separator: " ") } ?? "" }
}

extension Metric {
  /// Its numbers, one for each part; none where it is not a whole number.
  package func samples(of source: Source) -> [MetricSample] {
    switch reading {
    case .number(let read):
      return [MetricSample(labels: [], value: read(source))]
    case .known(let read):
      return read(source).map { [MetricSample(labels: [], value: $0)] } ?? []
    case .parts(let label, let parts):
      return parts.flatMap { part in
        part.samples(of: source).map { sample in
          MetricSample(labels: [.init(name: label, value: part.key)] + sample.labels, value: sample.value)
        }
      }
    case .tally(let label, let read):
      return read(source).filter { $0.count > 0 }.map {
        MetricSample(labels: [.init(name: label, value: $0.name)], value: $0.count)
      }
    case .decimal, .flag, .text, .moment:
      return []
    }
  }

  /// All its numbers together.
  package func sum(of source: Source) -> UInt64 { samples(of: source).reduce(0) { $0 &+ $1.value } }
}
