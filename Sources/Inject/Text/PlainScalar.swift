/// YAML scalars without quotes: what readers of YAML 1.1 and 1.2 make of them.
enum PlainScalar {
  /// What a plain scalar says.
  static func value(_ text: String) -> Value {
    switch text {
    case "", "~", "null", "Null", "NULL": .null
    case "true", "True", "TRUE": .bool(true)
    case "false", "False", "FALSE": .bool(false)
    default: NumberText.isYAML(text) ? .number(text) : .string(text)
    }
  }

  /// Whether this string, written plainly, is the same string to every reader. Some are left out that would be, too.
  static func isSafe(_ text: String) -> Bool {
    guard let first = text.utf8.first, isWord(first) || first == UInt8(ascii: "/"), text.utf8.last != UInt8(ascii: ":"),
      text.utf8.allSatisfy({ isWord($0) || marks.contains($0) }), !words.contains(text.lowercased())
    else { return false }
    // A number, a time or a date begins with a digit; nothing with a slash in it is one, nor a quantity of Kubernetes.
    return text.contains("/") || !isDigit(first) || isQuantity(text)
  }

  /// What may stand in a plain scalar behind its first character, among letters and digits.
  private static let marks = Set("/.:@+=-".utf8)

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
  }

  /// `50m`, `64Mi`.
  private static func isQuantity(_ text: String) -> Bool {
    ["m", "Ki", "Mi", "Gi"].contains { unit in
      text.hasSuffix(unit) && text.utf8.dropLast(unit.utf8.count).allSatisfy(isDigit)
    }
  }

  /// Truth values and nothing, of some reader.
  private static let words: Set = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"]
}
