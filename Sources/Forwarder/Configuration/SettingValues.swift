/// What may be written for a setting, for completion in a shell.
public enum SettingValues: Equatable, Sendable {
  /// Nothing that could be listed.
  case anything
  /// One of these.
  case words([String])
  /// `any`, or names of interfaces.
  case interfaces
  /// The path of a file.
  case file
}
