/// How a text writes what is in brackets and braces, and new values in the same manner.
struct FlowStyle {
  private let language: SourceText.Language
  /// What one level is indented by.
  let unit: String
  /// Between key and value.
  private let colon: String
  /// Between members on one line.
  let comma: String
  /// Within braces on one line.
  private let padding: String
  /// Whether small collections stand on one line, where others are on many.
  private let isDense: Bool
  /// Whether collections go over many lines at all.
  let isWide: Bool

  /// What fits on a line.
  private static let widest = 100

  init(of source: SourceText) {
    language = source.language
    guard language == .json, let root = source.documents.first else {
      (unit, colon, comma, padding, isDense, isWide) = ("  ", ": ", ", ", "", true, false)
      return
    }
    let first = root.entries.first?.key.lowerBound ?? root.items.first?.span.lowerBound
    let isWide = first.map { source.hasLineEnd(root.span.lowerBound..<$0) } ?? true
    self.isWide = isWide
    let indented = first.map { source.indentation($0) } ?? ""
    let outer = source.indentation(root.span.lowerBound)
    unit = isWide && indented.count > outer.count ? String(indented.dropFirst(outer.count)) : "  "
    let entry = root.entries.first
    let between = entry.map { source.string($0.key.upperBound..<$0.value.span.lowerBound) }
    colon = between == ":" ? ":" : ": "
    comma = between == ":" ? "," : ", "
    let narrow = root.first { node in
      !node.children.isEmpty && !source.hasLineEnd(node.span)
    }
    isDense = isWide && narrow != nil
    let braced = root.first { !$0.entries.isEmpty && !source.hasLineEnd($0.span) }
    padding = braced.map { source.bytes[$0.span.lowerBound + 1] == UInt8(ascii: " ") } == true ? " " : ""
  }

  /// A member, or an item where there is no key.
  func member(_ key: String?, _ value: Value, base: String, isWide: Bool) -> String {
    (key.map { name($0) + colon } ?? "") + text(value, base: base, isWide: isWide)
  }

  /// The value; on several lines, those behind the first begin with `base` and what they are deeper.
  func text(_ value: Value, base: String = "", isWide: Bool = false) -> String {
    let narrow = narrow(value)
    let isSmall = value.isScalar || value.items?.isEmpty == true || value.members?.isEmpty == true
    if language == .yaml || !isWide || isSmall || isDense && value.isLeaf && narrow.utf8.count <= Self.widest {
      return narrow
    }
    let inner = base + unit
    let lines: [String]
    switch value {
    case .sequence(let items): lines = items.map { member(nil, $0, base: inner, isWide: true) }
    case .mapping(let members): lines = members.map { member($0.key, $0.value, base: inner, isWide: true) }
    default: return narrow
    }
    let (open, close) = value.items == nil ? ("{", "}") : ("[", "]")
    return "\(open)\n\(inner)\(lines.joined(separator: ",\n\(inner)"))\n\(base)\(close)"
  }

  /// On one line.
  private func narrow(_ value: Value) -> String {
    switch value {
    case .null: return "null"
    case .bool(let isTrue): return isTrue ? "true" : "false"
    case .number(let text): return text
    case .string(let text): return name(text)
    case .sequence(let items): return "[" + items.map(narrow).joined(separator: comma) + "]"
    case .mapping(let members):
      guard !members.isEmpty else { return "{}" }
      return "{\(padding)\(members.map { name($0.key) + colon + narrow($0.value) }.joined(separator: comma))\(padding)}"
    case .tagged(let tag, let inner): return "\(tag.hasPrefix("!") ? tag : "!<\(tag)>") \(narrow(inner))"
    case .alias(let name): return "*\(name)"
    }
  }

  private func name(_ text: String) -> String {
    language == .yaml && PlainScalar.isSafe(text) ? text : Self.quoted(text)
  }

  /// A string in quotes, for JSON and for YAML.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\r": quoted += "\\r"
      case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value & 0xFFFE == 0x2028:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
