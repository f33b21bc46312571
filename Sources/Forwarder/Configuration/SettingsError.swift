/// A value that makes no sense, or one that is missing: the words that every command has for it.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The variable or flag it came from.
  public let name: String
  /// The value, if there was one.
  public let value: String?
  /// Why it makes no sense, where more is known than what it should be.
  public let reason: String?
  /// What the setting takes.
  public let takes: String
  /// A variable that is set and was probably meant to be the one that is missing.
  public let misspelling: String?

  /// An error about the value of `name`.
  public init(name: String, value: String?, reason: String? = nil, takes: String, misspelling: String? = nil) {
    self.name = name
    self.value = value
    self.reason = reason
    self.takes = takes
    self.misspelling = misspelling
  }

  /// One line: what, which value, what would be right.
  public var description: String {
    if let value {
      return "\(name)=\(Self.shown(value)) makes no sense\(reason.map { ": \($0)" } ?? ""); it takes \(takes)"
    }
    if let misspelling { return "\(name) is not set, but \(misspelling) is; it takes \(takes)" }
    return "\(name) is not set; it takes \(takes)"
  }

  /// Longer values are cut.
  private static let maximumCount = 500

  /// A value as a shell would need it: quoted unless it is one plain word. Control characters, which could do anything to
  /// a terminal, are spelt out.
  public static func shown(_ value: String) -> String {
    let isPlain = value.utf8.allSatisfy { byte in
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
        || "-_+.,:/@%[]=".utf8.contains(byte)
    }
    if isPlain, !value.isEmpty, value.utf8.count <= maximumCount { return value }
    var text = ""
    for scalar in value.unicodeScalars.prefix(maximumCount) {
      switch scalar {
      case "\"", "\\": text += "\\\(scalar)"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20 || 0x7F..<0xA0 ~= scalar.value:
        let digits = String(scalar.value, radix: 16)
        text += "\\x\(digits.count < 2 ? "0" : "")\(digits)"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return "\"\(text)\(value.unicodeScalars.count > maximumCount ? "..." : "")\""
  }
}
