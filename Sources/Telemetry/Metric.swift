/// One figure, described once. Every rendering is made from tables of these, and the tables of docs/statistics.md are checked against
/// them: what is not in a table is not shown, and what is in one is shown everywhere.
///
/// `Source` is what the figure is read from.
package struct Metric<Source>: Sendable {
  /// Where its value comes from.
  package enum Reading: Sendable {
    /// A whole number.
    case number(@Sendable (Source) -> UInt64)
    /// A whole number that may be unknown; nil where it is.
    case known(@Sendable (Source) -> UInt64?)
    /// A number with a fraction, in decimal.
    case decimal(@Sendable (Source) -> String)
    /// Yes or no.
    case flag(@Sendable (Source) -> Bool)
    /// Words; nil where there are none.
    case text(@Sendable (Source) -> String?)
    /// A time, in nanoseconds since 1970; nil where there is none.
    case moment(@Sendable (Source) -> UInt64?)
    /// The sum of parts that are known beforehand. A part's key is its value of `label`.
    case parts(label: String, [Metric<Source>])
    /// The sum of parts that come up as the program runs, such as one for each errno that was seen. A part's name is
    /// its value of `label`. Those of 0 are left out.
    case tally(label: String, @Sendable (Source) -> [(name: String, count: UInt64)])
  }

  /// What stands in the line for people, with whatever separates it from the figure before.
  package typealias Words = @Sendable (MetricFigure) -> String

  /// Its JSON key: a contract.
  package let key: String
  /// How it adds up.
  package let kind: MetricKind
  /// What it counts; nil for what is no number.
  package let unit: MetricUnit?
  /// One sentence for the operator, in Markdown.
  package let help: String
  let reading: Reading
  /// How Prometheus sees it; nil: not at all.
  let shown: Shown?
  /// What the totals at the end of the last line for people call it; nil: it is not among them.
  let totalName: String?
  /// nil: it is not in the line for people.
  let words: Words?

  /// A row of a table. `series` is what Prometheus calls it where its key says too little, or too much, to stand alone:
  /// without the program's name in front and what kind and unit put behind.
  package init(
    _ key: String, _ kind: MetricKind, _ unit: MetricUnit? = nil, help: String, _ reading: Reading,
    series: String? = nil, totalName: String? = nil, words: Words? = nil
  ) {
    self.key = key
    self.kind = kind
    self.unit = unit
    self.help = help
    self.reading = reading
    shown = Self.shown(series ?? key, kind, unit, help, reading)
    self.totalName = totalName
    self.words = words
  }

  /// The figures that it is the sum of, where these are known beforehand.
  package var parts: [Metric<Source>] {
    guard case .parts(_, let parts) = reading else { return [] }
    return parts
  }
}
