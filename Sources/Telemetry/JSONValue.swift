/// A value of JSON (RFC 8259), and the one writer of it.
package enum JSONValue: Sendable {
  /// A name of an object and what it has.
  package typealias Member = (name: String, value: JSONValue)

  case null
  case flag(Bool)
  case number(UInt64)
  /// A number that is written in decimal already.
  case decimal(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// On one line. Members are in the order that they have, or in that of their names.
  package func text(sortingNames: Bool = false) -> String {
    var text = ""
    write(to: &text, sortingNames)
    return text
  }

  private func write(to text: inout String, _ sortingNames: Bool) {
    switch self {
    case .null: text += "null"
    case .flag(let value): text += value ? "true" : "false"
    case .number(let value): text += String(value)
    case .decimal(let value): text += value
    case .string(let value): Self.write(value, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        element.write(to: &text, sortingNames)
      }
      text += "]"
    case .object(let members):
      text += "{"
      let ordered = sortingNames ? members.sorted { $0.name < $1.name } : members
      for (index, member) in ordered.enumerated() {
        if index > 0 { text += "," }
        Self.write(member.name, to: &text)
        text += ":"
        member.value.write(to: &text, sortingNames)
      }
      text += "}"
    }
  }

  /// Escapes what must be escaped, and nothing else: quotation mark, backslash, and control characters.
  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for character in string.unicodeScalars {
      switch character {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      case "\0"..<" ":
        let digits = String(character.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(character)
      }
    }
    text += "\""
  }
}
