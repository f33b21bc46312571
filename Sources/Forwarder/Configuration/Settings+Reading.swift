extension Settings {
  /// Reads every setting from flags and environment. Nothing is opened.
  ///
  /// - Throws: `SettingsError` for the first value that makes no sense.
  public init(_ source: SettingSource) throws(SettingsError) {
    let (settings, errors) = Settings.read(source)
    if let error = errors.first { throw error }
    self = settings
  }

  /// As `init`, but whatever is wrong: the default stands for each value that makes no sense, which has an error.
  package static func read(_ source: SettingSource) -> (settings: Settings, errors: [SettingsError]) {
    var settings = Settings(destinations: [])
    var errors: [SettingsError] = []
    for setting in Setting.all {
      guard let (name, value) = source.value(setting) else {
        if setting.defaultText == nil { errors.append(source.missing(setting)) }
        continue
      }
      if !setting.assign(value, &settings) {
        errors.append(SettingsError(name: name, value: value, takes: setting.takes()))
      }
    }
    return (settings, errors)
  }

  /// Every setting that is not the default, as `VARIABLE=value` or `--flag=value`, without those that the log has other words for.
  var choices: [String] {
    Setting.all.compactMap { setting in
      guard setting.isListed, let text = setting.choice(self) else { return nil }
      return "\(setting.name)=\(SettingsError.shown(text))"
    }
  }
}

extension SettingSource {
  /// The error of a setting that must be given and is not.
  fileprivate func missing(_ setting: Setting) -> SettingsError {
    let name = setting.name
    return SettingsError(
      name: name, value: nil, takes: setting.takes(), misspelling: misspellings.first { $0.meant == name }?.name)
  }
}
