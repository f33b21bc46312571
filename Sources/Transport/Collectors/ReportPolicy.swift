/// Which collectors get reports of what was sent to them (REPORTS).
public enum ReportPolicy: String, Sendable, CaseIterable {
  /// Those that ask for them, as this program's `receive` does.
  case auto
  /// All.
  case on
  /// None.
  case off
}
