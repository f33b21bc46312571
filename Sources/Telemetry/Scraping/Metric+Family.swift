extension Metric {
  /// What a family of the figure is, without the program's name in front.
  typealias Shown = (kind: MetricFamily.Kind, name: String, unit: String?, help: String)

  /// Units that a name always ends with (prometheus.io/docs/practices/naming).
  private static var baseUnits: [String] { ["bytes", "seconds", "ratio"] }

  /// nil for what is no number, or a number that is a name.
  static func shown(
    _ series: String, _ kind: MetricKind, _ unit: MetricUnit?, _ help: String, _ reading: Reading
  ) -> Shown? {
    let kind: MetricFamily.Kind? =
      switch (reading, kind) {
      case (.flag, _), (.moment, _): .gauge
      case (.text, _), (_, .identity): nil
      case (_, .counter): .counter
      case (_, .gauge): .gauge
      }
    guard let kind else { return nil }
    var isMoment = false
    if case .moment = reading { isMoment = true }
    let (name, base) = isMoment ? (series + "_timestamp_seconds", "seconds") : name(series, unit)
    // Without what is said of the statistics' form.
    let words = help.split(separator: "`", omittingEmptySubsequences: false).joined()
    return (kind, name, base, words.hasSuffix(", RFC 3339") ? String(words.dropLast(", RFC 3339".count)) : words)
  }

  /// With its unit at the end, where that is a base unit; milliseconds become seconds.
  private static func name(_ series: String, _ unit: MetricUnit?) -> (name: String, unit: String?) {
    guard let unit else { return (series, nil) }
    let base = unit == .milliseconds ? MetricUnit.seconds.rawValue : unit.rawValue
    var name = series
    if unit == .milliseconds, name.hasSuffix("_milliseconds") { name.removeLast("_milliseconds".count) }
    if baseUnits.contains(base), !name.hasSuffix("_" + base), name != base { name += "_" + base }
    return (name, name.hasSuffix("_" + base) || name == base ? base : nil)
  }
}
