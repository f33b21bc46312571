import ArgumentParser
import Forwarder

/// A flag for every row of the table of settings. Values are read as text here and checked with the variables', so that
/// both give the same messages; what begins with a dash is a value as well.
///
/// The library learns of a type's options by looking at its properties, and hands their values over by decoding. Both are
/// written out here, so that the options are the table's: this type shows the library one property for each row.
struct SettingOptions: ParsableArguments, CustomReflectable {
  /// What was given, by flag without dashes.
  private var flags: [String: String] = [:]

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    for setting in Setting.all {
      flags[setting.flag] = try values.decode(Option<String?>.self, forKey: Key(stringValue: setting.flag)).wrappedValue
    }
  }

  var customMirror: Swift.Mirror {
    Swift.Mirror(self, children: Setting.all.map { (label: $0.flag, value: $0.option) })
  }

  /// The values given, with the environment behind them.
  var source: SettingSource { SettingSource(flags: flags, environment: ProcessEnvironment.variables) }

  /// The name of one such property.
  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension Setting {
  /// The flag as the library wants it.
  fileprivate var option: Option<String?> {
    let note = [variables[0], defaultText.map { "default: \($0)" }].compactMap(\.self).joined(separator: "; ")
    return Option(name: .customLong(flag), parsing: .unconditional, help: "\(help) [\(note)]")
  }
}
