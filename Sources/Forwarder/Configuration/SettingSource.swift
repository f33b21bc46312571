/// Values by flag and by variable; a flag wins, and an empty value counts as unset.
public struct SettingSource: Sendable {
  private let flags: [String: String]
  private let environment: [String: String]
  private let words: String?

  /// Values given on the command line, by flag without dashes, and all variables of the environment. `words` is a filter
  /// that was written without its flag, behind everything else.
  public init(flags: [String: String], environment: [String: String], words: String? = nil) {
    self.flags = flags
    self.environment = environment
    self.words = words
  }

  /// The name under which the setting of this property was given; its first variable if it was not.
  public func name(of property: PartialKeyPath<Settings>) -> String {
    let setting = Setting.of(property)
    return value(setting)?.name ?? setting.name
  }

  /// The names under which settings are given, in the table's order.
  package var given: [String] { Setting.all.compactMap { value($0)?.name } }

  /// The value and the name it was given under.
  func value(_ setting: Setting) -> (name: String, value: String)? {
    if let words, setting.property == \Settings.filter { return ("filter", words) }
    if let value = flags[setting.flag] { return ("--\(setting.flag)", value) }
    for variable in setting.variables {
      if let value = environment[variable], !Self.isBlank(value) { return (variable, value) }
    }
    return nil
  }

  /// The variables that are no setting but look like one with a slip of the finger in it, in alphabetical order.
  public var misspellings: [Misspelling] {
    let spelling = SettingSpelling(Setting.all)
    return environment.compactMap { name, value in
      Self.isBlank(value) ? nil : spelling.likeliest(for: name).map { Misspelling(name: name, meant: $0) }
    }
    .sorted { $0.name < $1.name }
  }

  private static func isBlank(_ value: String) -> Bool { value.allSatisfy(\.isWhitespace) }
}
