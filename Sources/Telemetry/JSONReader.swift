/// Reads JSON (RFC 8259) that others have written: bounded in length and depth, and a text that is none is nil.
struct JSONReader {
  /// Bytes of the longest text.
  static let maximumByteCount = 64 << 10
  /// How deep objects and arrays may lie in one another.
  static let maximumDepth = 32

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The value that the whole text is.
  mutating func read() -> JSONValue? {
    guard bytes.count <= Self.maximumByteCount, let value = value(depth: 0) else { return nil }
    skipSpace()
    return position == bytes.count ? value : nil
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, " \t\r\n".utf8.contains(byte) { position += 1 }
  }

  /// Steps over `byte`, if it is next.
  private mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  private mutating func take(_ word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func value(depth: Int) -> JSONValue? {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return depth < Self.maximumDepth ? object(depth: depth + 1) : nil
    case UInt8(ascii: "["): return depth < Self.maximumDepth ? array(depth: depth + 1) : nil
    case UInt8(ascii: "\""): return string().map(JSONValue.string)
    case UInt8(ascii: "t"): return take("true") ? .flag(true) : nil
    case UInt8(ascii: "f"): return take("false") ? .flag(false) : nil
    case UInt8(ascii: "n"): return take("null") ? .null : nil
    default: return number()
    }
  }

  private mutating func object(depth: Int) -> JSONValue? {
    position += 1
    var members: [JSONValue.Member] = []
    skipSpace()
    if skip("}") { return .object([]) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\""), let name = string() else { return nil }
      skipSpace()
      guard skip(":"), let value = value(depth: depth) else { return nil }
      members.append((name, value))
      skipSpace()
    } while skip(",")
    return skip("}") ? .object(members) : nil
  }

  private mutating func array(depth: Int) -> JSONValue? {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if skip("]") { return .array([]) }
    repeat {
      guard let value = value(depth: depth) else { return nil }
      elements.append(value)
      skipSpace()
    } while skip(",")
    return skip("]") ? .array(elements) : nil
  }

  /// Its digits, as they are.
  private mutating func number() -> JSONValue? {
    let start = position
    _ = skip("-")
    let isZero = next == UInt8(ascii: "0")
    guard let whole = digits(), !isZero || whole == 1 else { return nil }
    if skip("."), digits() == nil { return nil }
    if skip("e") || skip("E") {
      if !skip("+") { _ = skip("-") }
      if digits() == nil { return nil }
    }
    return .decimal(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  /// How many there are; nil for none.
  private mutating func digits() -> Int? {
    let start = position
    while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
    return position > start ? position - start : nil
  }

  private mutating func string() -> String? {
    position += 1
    var text: [UInt8] = []
    while let byte = next, byte >= 0x20 {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let scalar = escape() else { return nil }
        text += String(Character(scalar)).utf8
      default: text.append(byte)
      }
    }
    return nil
  }

  /// What stands behind a backslash.
  private mutating func escape() -> Unicode.Scalar? {
    guard let byte = next else { return nil }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      guard let unit = unit() else { return nil }
      // A surrogate says nothing without its other half (RFC 8259, section 7).
      guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
      guard take("\\u"), let trail = self.unit(), UTF16.isTrailSurrogate(trail) else { return nil }
      return Unicode.Scalar(0x1_0000 + ((UInt32(unit) - 0xD800) << 10) + (UInt32(trail) - 0xDC00))
    default: return nil
    }
  }

  /// Four hexadecimal digits.
  private mutating func unit() -> UInt16? {
    guard bytes.count - position >= 4 else { return nil }
    let digits = bytes[position..<position + 4]
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }) else { return nil }
    position += 4
    return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}

extension JSONValue {
  /// Reads a text of at most 64 KiB; nil if it is no JSON.
  package init?(parsing bytes: [UInt8]) {
    var reader = JSONReader(bytes)
    guard let value = reader.read() else { return nil }
    self = value
  }

  /// The first member of that name; nil where it is no object or has none.
  package subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// nil where it is no string.
  package var string: String? { if case .string(let text) = self { text } else { nil } }
}

extension JSONValue {
  /// nil where it is no whole number from 0 on, of 64 bits.
  package var count: UInt64? {
    switch self {
    case .number(let value): value
    case .decimal(let text): UInt64(text)
    default: nil
    }
  }

  /// nil where it is no number.
  package var double: Double? {
    switch self {
    case .number(let value): Double(value)
    case .decimal(let text): Double(text)
    default: nil
    }
  }
}
