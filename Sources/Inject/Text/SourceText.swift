/// A text that was read: its bytes, what they say, and where.
struct SourceText: Sendable {
  enum Language: Sendable { case json, yaml }

  let bytes: [UInt8]
  let language: Language
  /// The documents; JSON has one.
  let documents: [Node]

  /// More than any template or manifest has.
  static let longest = 16 << 20

  init(_ bytes: [UInt8]) throws(InjectError) {
    guard bytes.count <= Self.longest else { throw .notUnderstood("more than \(Self.longest >> 20) MiB of text") }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUnderstood("the text is not in UTF-8") }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    self.bytes = bytes
    let first = bytes[start...].first { !($0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09) }
    guard let first else { throw .notUnderstood("the text is empty") }
    language = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .json : .yaml
    switch language {
    case .json: documents = [try JSONReader.read(bytes, from: start)]
    case .yaml:
      do throws(InjectError) {
        documents = try YAMLReader.read(bytes, from: start)
      } catch {
        let isTemplate = String(decoding: bytes, as: UTF8.self).contains("{{")
        throw isTemplate ? .notUnderstood("\(error); a template is rendered first (helm template)") : error
      }
    }
  }

  /// All of it, as a sequence of documents.
  var value: Value { .sequence(documents.map(\.value)) }

  /// What ends a line here.
  var newline: String {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), end > 0 else { return "\n" }
    return bytes[end - 1] == UInt8(ascii: "\r") ? "\r\n" : "\n"
  }

  /// Where the line of a byte begins.
  func lineStart(_ offset: Int) -> Int {
    bytes[..<offset].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
  }

  /// Behind the line end of a byte's line; the end of the text where there is none.
  func nextLine(_ offset: Int) -> Int {
    bytes[offset...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
  }

  /// The white space that a byte's line begins with.
  func indentation(_ offset: Int) -> String {
    let line = bytes[lineStart(offset)...].prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    return String(decoding: line, as: UTF8.self)
  }

  /// How far a byte is into its line.
  func column(_ offset: Int) -> Int { offset - lineStart(offset) }

  /// Whether there is a line end among these bytes.
  func hasLineEnd(_ range: Range<Int>) -> Bool { bytes[range].contains(UInt8(ascii: "\n")) }

  func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
