extension MetricTable {
  /// The figures in words, as they follow one another in a line, without those that are 0. The first one stays, so that
  /// a line about nothing says so.
  package func words(of source: Source, seconds: Double) -> String {
    var isFirst = true
    return rows.map { row in
      guard let words = row.words else { return "" }
      defer { isFirst = false }
      if !isFirst, row.sum(of: source) == 0 { return "" }
      let samples = row.samples(of: source)
      return words(
        MetricFigure(
          value: samples.reduce(0) { $0 &+ $1.value }, parts: samples.filter { $0.value > 0 }, seconds: seconds))
    }.joined()
  }

  /// The figures that are worth a word at the end, without those that are 0: `captured 10 forwarded 9`.
  package func totals(of source: Source) -> String {
    let named = rows.filter { $0.totalName != nil }
    return named.enumerated().filter { $0.offset == 0 || $0.element.sum(of: source) > 0 }.map { _, row in
      "\(row.totalName ?? "") \(row.sum(of: source))"
    }.joined(separator: " ")
  }
}
