/// A variable that is no setting, and the one it was probably meant to be. Its value is nobody's business.
public struct Misspelling: Equatable, Sendable, CustomStringConvertible {
  /// The variable as it is set.
  public let name: String
  /// The variable it looks like.
  public let meant: String

  /// One line for the log.
  public var description: String { "\(name) is not a setting; did you mean \(meant)?" }
}
