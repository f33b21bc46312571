/// One setting: its names, what it takes, where its value goes. `Setting.all` is the table of them.
public struct Setting: Sendable {
  /// What holds where the setting is not given.
  enum Fallback: Sendable {
    /// What the property of `Settings` starts with.
    case value
    /// The same, but people call it this.
    case called(String)
    /// Nothing: it must be given.
    case none
  }

  /// Flag, without the dashes.
  public let flag: String
  /// The flag's short form, without the dash; nil for none.
  public let short: Character?
  /// Environment variables, the first one set wins. None for what belongs to a single run.
  public let variables: [String]
  /// One sentence for `--help`.
  public let help: String
  /// What holds where it is not given, in words; nil where it must be given.
  public let defaultText: String?
  /// What may be written, for completion.
  public let values: SettingValues

  /// Whether the log's first line lists it where it is not the default.
  let isListed: Bool
  /// The property that it sets.
  let property: any PartialKeyPath<Settings> & Sendable
  /// What it takes, for messages.
  let takes: @Sendable () -> String
  /// Sets the property from a text; false if the text makes no sense.
  let assign: @Sendable (String, inout Settings) -> Bool
  /// The value in a form in which it may be given; nil where it is the default.
  let choice: @Sendable (Settings) -> String?

  /// A setting that always has a value.
  init<Value>(
    _ flag: String, _ variables: String..., to property: any WritableKeyPath<Settings, Value> & Sendable,
    _ form: SettingForm<Value>, fallback: Fallback = .value, short: Character? = nil, isListed: Bool = true,
    help: String
  ) {
    let normal = Settings(destinations: [])[keyPath: property]
    self.flag = flag
    self.short = short
    self.variables = variables
    self.help = help
    self.isListed = isListed
    self.property = property
    values = form.values
    defaultText =
      switch fallback {
      case .value: form.write(normal)
      case .called(let words): words
      case .none: nil
      }
    takes = form.takes
    assign = { text, settings in
      guard let value = form.read(text) else { return false }
      settings[keyPath: property] = value
      return true
    }
    choice = { settings in
      let value = settings[keyPath: property]
      return value == normal ? nil : form.write(value)
    }
  }

  /// A setting that has no value where it is not given, and what people call that.
  init<Value>(
    _ flag: String, _ variables: String..., to property: any WritableKeyPath<Settings, Value?> & Sendable,
    _ form: SettingForm<Value>, otherwise words: String, isListed: Bool = true, help: String
  ) {
    self.flag = flag
    short = nil
    self.variables = variables
    self.help = help
    self.isListed = isListed
    self.property = property
    values = form.values
    defaultText = words
    takes = form.takes
    assign = { text, settings in
      guard let value = form.read(text) else { return false }
      settings[keyPath: property] = value
      return true
    }
    choice = { $0[keyPath: property].map(form.write) }
  }

  /// What messages and the log call it: the first variable, or the flag where there is none.
  public var name: String { variables.first ?? "--\(flag)" }

  /// The row of the table that sets this property.
  public static func of(_ property: PartialKeyPath<Settings>) -> Setting {
    guard let row = all.first(where: { $0.property == property }) else {
      preconditionFailure("no setting has the property \(property)")
    }
    return row
  }
}
