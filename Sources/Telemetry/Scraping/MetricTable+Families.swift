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
  /// Units that a name always ends with (prometheus.io/docs/practices/naming).
  private static var baseUnits: [String] { ["bytes", "seconds", "ratio"] }

  fileprivate func family(prefix: String, of sources: [MetricTable<Source>.LabelledSource]) -> MetricFamily? {
    guard let kind = familyKind else { return nil }
    let (name, unit) = familyName
    let samples = sources.flatMap { labels, source in
      familySamples(of: source).map { (labels: labels + $0.labels, value: $0.value) }
    }
    // Without what is said of the statistics' form.
    let words = help.split(separator: "`", omittingEmptySubsequences: false).joined()
    let help = words.hasSuffix(", RFC 3339") ? String(words.dropLast(", RFC 3339".count)) : words
    return MetricFamily(prefix + name, kind, unit: unit, help: help, samples)
  }

  /// nil for what is no number, or a number that is a name.
  private var familyKind: MetricFamily.Kind? {
    switch (reading, kind) {
    case (.flag, _), (.moment, _): .gauge
    case (.text, _), (_, .identity): nil
    case (_, .counter): .counter
    case (_, .gauge): .gauge
    }
  }

  /// With its unit at the end, where that is a base unit; milliseconds become seconds.
  private var familyName: (name: String, unit: String?) {
    if case .moment = reading { return (series + "_timestamp_seconds", "seconds") }
    guard let unit else { return (series, nil) }
    let base = unit == .milliseconds ? MetricUnit.seconds.rawValue : unit.rawValue
    var name = series
    if unit == .milliseconds, name.hasSuffix("_milliseconds") { name.removeLast("_milliseconds".count) }
    if Self.baseUnits.contains(base), !name.hasSuffix("_" + base), name != base { name += "_" + base }
    return (name, name.hasSuffix("_" + base) || name == base ? base : nil)
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
