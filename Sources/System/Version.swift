/// The program's version.
public enum Version {
  /// As `--version`, the log and the statistics show it.
  public static let current = "0.1.0"
}
