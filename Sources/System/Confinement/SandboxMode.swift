/// Whether the program gives up what it does not need (SANDBOX).
public enum SandboxMode: String, Sendable, CaseIterable {
  /// What the kernel has for it.
  case auto
  /// Not at all.
  case off
  /// All of it, or the program does not start.
  case require
}
