/// Form of the statistics (STAT_FORMAT).
public enum StatisticsFormat: String, Sendable, CaseIterable {
  /// One line for people.
  case text
  /// One JSON object a line.
  case json
  /// The same, in the form that CloudWatch makes metrics of (embedded metric format).
  case emf
}
