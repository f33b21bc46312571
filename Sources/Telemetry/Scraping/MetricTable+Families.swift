extension MetricTable {
  /// One of the things that the table's figures are read from, and the labels that tell it from the others.
  package typealias LabelledSource = (labels: MetricFamily.Labels, source: Source)

  /// The figures of all `sources` as Prometheus has them, in the order of the rows; what is no number is left out. A
  /// family is there also where it has no number yet. `subject` says in its help what a source is.
  package func families(prefix: String, of subject: String, _ sources: [LabelledSource]) -> [MetricFamily] {
    rows.compactMap { row in
      row.family(prefix: prefix, of: sources).map { family in
        var family = family
        family.help = "of \(subject): \(family.help)"
        return family
      }
    }
  }

  /// The figures of one source.
  package func families(prefix: String, of source: Source, without hidden: Set<String> = []) -> [MetricFamily] {
    rows.compactMap { row in hidden.contains(row.key) ? nil : row.family(prefix: prefix, of: [([], source)]) }
  }
}

extension Metric {
  fileprivate func family(prefix: String, of sources: [MetricTable<Source>.LabelledSource]) -> MetricFamily? {
    guard let (kind, name, unit, help) = shown else { return nil }
    let samples = sources.flatMap { labels, source in
      familySamples(of: source).map { (labels: labels + $0.labels, value: $0.value) }
    }
    return MetricFamily(prefix + name, kind, unit: unit, help: help, samples)
  }

  private func familySamples(of source: Source) -> [(labels: MetricFamily.Labels, value: MetricFamily.Value)] {
    switch reading {
    case .decimal(let read): [([], .decimal(read(source)))]
    case .flag(let read): [([], .whole(read(source) ? 1 : 0))]
    case .moment(let read): read(source).map { [([], .milli($0 / 1_000_000))] } ?? []
    case .number, .known, .parts, .tally:
      samples(of: source).map { ($0.labels, unit == .milliseconds ? .milli($0.value) : .whole($0.value)) }
    case .text: []
    }
  }
}
