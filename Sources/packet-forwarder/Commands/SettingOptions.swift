import ArgumentParser
import Forwarder

/// Which settings a set of flags is for, as a type: the library makes the flags of types.
protocol SettingChoice: Sendable {
  /// The group of them.
  static var group: SettingGroup { get }
}

/// A flag for every setting of a group. Values are read as text here and checked with the variables', so that
/// both give the same messages; what begins with a dash is a value as well.
///
/// The library learns of a type's options by looking at its properties, and hands their values over by decoding. Both are
/// written out here, so that the options are the table's: this type shows the library one property for each row.
struct SettingOptions<Choice: SettingChoice>: ParsableArguments, CustomReflectable {
  /// What was given, by flag without dashes.
  private(set) var flags: [String: String] = [:]

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: SettingKey.self)
    for setting in Choice.group.settings {
      flags[setting.flag] =
        try values.decode(Option<String?>.self, forKey: SettingKey(stringValue: setting.flag)).wrappedValue
    }
  }

  var customMirror: Swift.Mirror {
    Swift.Mirror(self, children: Choice.group.settings.map { (label: $0.flag, value: $0.option) })
  }
}

/// The name of a property that is made of a row.
private struct SettingKey: CodingKey {
  let stringValue: String
  let intValue: Int? = nil

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Setting {
  /// The flag as the library wants it.
  fileprivate var option: Option<String?> {
    let note = (variables.prefix(1) + [defaultText.map { "default: \($0)" } ?? "required"]).joined(separator: "; ")
    var names: [NameSpecification.Element] = [.customLong(flag)]
    if let short { names.insert(.customShort(short, allowingJoined: true), at: 0) }
    return Option(
      name: NameSpecification(names), parsing: .unconditional,
      help: ArgumentHelp("\(help) [\(note)]", valueName: valueName), completion: completion)
  }

  /// What stands for the value in usage and manual.
  private var valueName: String {
    switch values {
    case .words(let words) where words.count <= 3: words.joined(separator: "|")
    case .interfaces: "names"
    case .file: "path"
    case .words, .anything: flag.split(separator: "-").last.map(String.init) ?? flag
    }
  }

  /// What a shell offers behind the flag.
  var completion: CompletionKind {
    switch values {
    case .anything: .default
    case .words(let words): .list(words)
    case .interfaces: .interfacesOrAny
    case .file: .file()
    }
  }
}

extension CompletionKind {
  /// The first column of `-D`, without its heading.
  static let interfacesOrAny = CompletionKind.shellCommand(interfaceNames)
  /// The same without its last line.
  static let interfaces = CompletionKind.shellCommand("\(interfaceNames) | head -n -1")

  private static let interfaceNames = "packet-forwarder -D | tail -n +2 | cut -d ' ' -f 1"
}
