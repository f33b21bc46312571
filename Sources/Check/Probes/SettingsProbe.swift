import Forwarder

/// Whether the settings make sense.
enum SettingsProbe {
  /// The settings, with the default in place of each that makes no sense, and what is to be said of them.
  static func run(_ source: SettingSource) -> (settings: Settings, findings: [Finding]) {
    let (settings, errors) = Settings.read(source)
    var findings = errors.map { error in finding(error, source) }
    findings += source.misspellings.map { misspelling in
      .cause(
        .misspeltVariable, "settings", "\(misspelling)",
        remedy: "rename \(misspelling.name) to \(misspelling.meant), or remove it")
    }
    if findings.isEmpty {
      let choices = source.given
      let list = choices.isEmpty ? "none is given" : choices.joined(separator: ", ")
      findings = [.fine("settings", "all make sense: \(list)")]
    }
    return (settings, findings)
  }

  private static func finding(_ error: SettingsError, _ source: SettingSource) -> Finding {
    let isInterface = error.value != nil && error.name == source.name(of: \.interfaces)
    return .cause(isInterface ? .noSuchInterface : .badSetting, "settings", error.description)
  }
}
