extension MetricTable {
  /// The figures in words, as they follow one another in a line.
  package func words(of source: Source, seconds: Double) -> String {
    rows.map { row in
      guard let words = row.words else { return "" }
      let samples = row.samples(of: source)
      return words(
        MetricFigure(
          value: samples.reduce(0) { $0 &+ $1.value }, parts: samples.filter { $0.value > 0 }, seconds: seconds))
    }.joined()
  }

  /// The figures that are worth a word at the end: `captured 10 forwarded 9`.
  package func totals(of source: Source) -> String {
    rows.compactMap { row in row.totalName.map { "\($0) \(row.sum(of: source))" } }.joined(separator: " ")
  }
}
