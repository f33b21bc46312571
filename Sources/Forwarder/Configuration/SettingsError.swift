/// A value that makes no sense, or one that is missing.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The variable or flag it came from.
  public let name: String
  /// The value, if there was one.
  public let value: String?
  /// What the setting takes.
  public let takes: String
  /// A variable that is set and was probably meant to be the one that is missing.
  public let misspelling: String?

  /// An error about the value of `name`.
  public init(name: String, value: String?, takes: String, misspelling: String? = nil) {
    self.name = name
    self.value = value
    self.takes = takes
    self.misspelling = misspelling
  }

  /// One line: what, which value, what would be right.
  public var description: String {
    if let value { return "\(name)=\(value) makes no sense; it takes \(takes)" }
    if let misspelling { return "\(name) is not set, but \(misspelling) is; it takes \(takes)" }
    return "\(name) is not set; it takes \(takes)"
  }
}
