/// One thing that was looked at, and how it is.
public struct Finding: Equatable, Sendable {
  /// How it is.
  public enum Verdict: Equatable, Sendable {
    /// As it should be.
    case fine
    /// Worth knowing, or not to be told from here. No cause.
    case note
    /// Stands in the way, or probably does.
    case cause(Cause)
  }

  /// What was looked at, in a word or two.
  public let subject: String
  /// How it is.
  public let verdict: Verdict
  /// What was seen, in a sentence without its full stop.
  public let text: String
  /// What to do about it; nil where there is nothing to be done.
  public let remedy: String?

  /// All is well with `subject`.
  static func fine(_ subject: String, _ text: String) -> Finding {
    Finding(subject: subject, verdict: .fine, text: text, remedy: nil)
  }

  /// Something worth knowing about `subject`.
  static func note(_ subject: String, _ text: String, remedy: String? = nil) -> Finding {
    Finding(subject: subject, verdict: .note, text: text, remedy: remedy)
  }

  /// Something that stands in the way; `remedy` where it is more exact than the cause's own.
  static func cause(_ cause: Cause, _ subject: String, _ text: String, remedy: String? = nil) -> Finding {
    Finding(
      subject: subject, verdict: .cause(cause), text: text,
      remedy: remedy ?? cause.remedy.replacing("`", with: ""))
  }

  /// The cause; nil if it is none.
  public var cause: Cause? {
    if case .cause(let cause) = verdict { return cause }
    return nil
  }
}
