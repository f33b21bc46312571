/// Form of the log (LOG_FORMAT).
public enum LogFormat: String, Sendable, CaseIterable {
  /// One line for people.
  case text
  /// One JSON object a line.
  case json
}
