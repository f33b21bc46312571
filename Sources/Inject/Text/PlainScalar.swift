/// YAML scalars without quotes: what readers of YAML 1.1 and 1.2 make of them.
enum PlainScalar {
  /// What a plain scalar says.
  static func value(_ text: String) -> Value {
    switch text {
    case "", "~", "null", "Null", "NULL": .null
    case "true", "True", "TRUE": .bool(true)
    case "false", "False", "FALSE": .bool(false)
    default: isNumber(text) ? .number(text) : .string(text)
    }
  }

  /// Whether this string, written plainly, is the same string to every reader. Some are left out that would be, too.
  static func isSafe(_ text: String) -> Bool {
    guard !words.contains(text.lowercased()), text.wholeMatch(of: #/[A-Za-z0-9\/_][A-Za-z0-9\/._:@+=-]*/#) != nil,
      !text.hasSuffix(":")
    else { return false }
    // A number, a time or a date begins with a digit; nothing with a slash in it is one, nor a quantity of Kubernetes.
    return text.contains("/") || !(text.first?.isNumber ?? true) || text.wholeMatch(of: #/[0-9]+(m|[KMG]i)/#) != nil
  }

  /// Truth values and nothing, of some reader.
  private static let words: Set = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"]

  private static func isNumber(_ text: String) -> Bool {
    text.wholeMatch(of: #/[-+]?(0x[0-9a-fA-F]+|0o[0-7]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)/#) != nil
  }
}
