/// Reads JSON (RFC 8259) into nodes that know where they stand.
struct JSONReader {
  private let text: [UInt8]
  private var at: Int

  /// What nests deeper is no document of anybody's.
  static let deepest = 100

  /// The one value of a text, behind `start` bytes that are not looked at.
  static func read(_ text: [UInt8], from start: Int) throws(InjectError) -> Node {
    var reader = JSONReader(text: text, at: start)
    let node = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.at == text.count else { throw reader.error("the end of the text was expected") }
    return node
  }

  private func error(_ what: String) -> InjectError {
    .notUnderstood("no JSON: \(TextPosition(of: at, in: text)): \(what)")
  }

  private var next: UInt8? { at < text.count ? text[at] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws(InjectError) -> Node {
    guard depth < Self.deepest else { throw error("nested deeper than \(Self.deepest)") }
    skipSpace()
    let start = at
    switch next {
    case UInt8(ascii: "{"):
      let entries = try members(depth: depth)
      return Node(content: .mapping(entries), span: start..<at)
    case UInt8(ascii: "["):
      let items = try elements(depth: depth)
      return Node(content: .sequence(items), span: start..<at)
    case UInt8(ascii: "\""):
      let string = try string()
      return Node(content: .scalar(.string(string)), span: start..<at)
    default:
      let scalar = try scalar()
      return Node(content: .scalar(scalar), span: start..<at)
    }
  }

  private mutating func members(depth: Int) throws(InjectError) -> [Node.Entry] {
    at += 1
    var entries: [Node.Entry] = []
    var names: Set<String> = []
    skipSpace()
    if take("}") { return [] }
    repeat {
      skipSpace()
      let start = at
      guard next == UInt8(ascii: "\"") else { throw error("a key in quotes was expected") }
      let name = try string()
      let key = start..<at
      guard names.insert(name).inserted else {
        at = start
        throw error("the key \"\(name)\" is there twice")
      }
      skipSpace()
      guard take(":") else { throw error("a colon was expected") }
      entries.append(Node.Entry(name: name, key: key, value: try value(depth: depth + 1)))
      skipSpace()
    } while take(",")
    guard take("}") else { throw error("a comma or } was expected") }
    return entries
  }

  private mutating func elements(depth: Int) throws(InjectError) -> [Node] {
    at += 1
    var items: [Node] = []
    skipSpace()
    if take("]") { return [] }
    repeat {
      items.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw error("a comma or ] was expected") }
    return items
  }

  private mutating func scalar() throws(InjectError) -> Value {
    let word = text[at...].prefix { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    let name = String(decoding: word, as: UTF8.self)
    let value: Value
    switch name {
    case "null": value = .null
    case "true": value = .bool(true)
    case "false": value = .bool(false)
    default:
      guard NumberText.isJSON(name) else { throw error("a value was expected") }
      value = .number(name)
    }
    at += word.count
    return value
  }

  private mutating func string() throws(InjectError) -> String {
    at += 1
    var units: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw error("a control character in a string") }
      at += 1
      if byte == UInt8(ascii: "\\") {
        units += Array(String(try escaped()).utf8)
      } else {
        units.append(byte)
      }
    }
    guard take("\"") else { throw error("a string without its end") }
    return String(decoding: units, as: UTF8.self)
  }

  private mutating func escaped() throws(InjectError) -> Unicode.Scalar {
    guard let byte = next else { throw error("a string without its end") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try hex()
      guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
      guard take("\\"), take("u") else { throw error("half a surrogate pair") }
      let second = try hex()
      guard (0xDC00..<0xE000).contains(second) else { throw error("half a surrogate pair") }
      return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
    default:
      throw error("an escape that JSON has not")
    }
  }

  private mutating func hex() throws(InjectError) -> UInt32 {
    let digits = text[at...].prefix(4)
    guard digits.count == 4, let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
      throw error("four hexadecimal digits were expected")
    }
    at += 4
    return number
  }
}
