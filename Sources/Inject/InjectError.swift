/// Why nothing was injected, in one line.
public enum InjectError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The text is none that there is a way for.
  case notUnderstood(String)
  /// It is, and a sidecar in it would not work, or it cannot be changed with certainty.
  case refused(String)

  /// The line.
  public var description: String {
    switch self {
    case .notUnderstood(let why), .refused(let why): why
    }
  }
}
