/// Which texts are numbers. By hand, because a document has thousands of them to ask about.
enum NumberText {
  /// As RFC 8259 has it: `-1.50e+3`.
  static func isJSON(_ text: String) -> Bool {
    var rest = text.utf8[...]
    _ = take(&rest, "-")
    let whole = digits(&rest)
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
    if take(&rest, "."), digits(&rest).isEmpty { return false }
    return exponent(&rest) && rest.isEmpty
  }

  /// As readers of YAML 1.1 and 1.2 have it: also `.5`, `5.`, `+5`, `007`, `0x1F`, `0o17`.
  static func isYAML(_ text: String) -> Bool {
    var rest = text.utf8[...]
    if !take(&rest, "-") { _ = take(&rest, "+") }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] where rest.starts(with: prefix.utf8) {
      let body = rest.dropFirst(2)
      return !body.isEmpty && body.allSatisfy { value($0) < radix }
    }
    let whole = digits(&rest)
    let fraction = take(&rest, ".") ? digits(&rest) : rest.prefix(0)
    return !(whole.isEmpty && fraction.isEmpty) && exponent(&rest) && rest.isEmpty
  }

  private static func take(_ rest: inout Substring.UTF8View, _ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private static func digits(_ rest: inout Substring.UTF8View) -> Substring.UTF8View {
    let found = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest[found.endIndex...]
    return found
  }

  /// Whether there is none, or a whole one.
  private static func exponent(_ rest: inout Substring.UTF8View) -> Bool {
    guard take(&rest, "e") || take(&rest, "E") else { return true }
    if !take(&rest, "-") { _ = take(&rest, "+") }
    return !digits(&rest).isEmpty
  }

  /// Of a hexadecimal digit; 16 for anything else.
  private static func value(_ digit: UInt8) -> Int { Character(Unicode.Scalar(digit)).hexDigitValue ?? 16 }
}
