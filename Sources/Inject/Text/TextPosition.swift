/// Where in a text something is, for people.
struct TextPosition: Equatable, Sendable, CustomStringConvertible {
  /// From 1 on.
  let line: Int
  /// In bytes, from 1 on.
  let column: Int

  init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// Of a byte in a text.
  init(of offset: Int, in text: [UInt8]) {
    let before = text[..<min(offset, text.count)]
    line = 1 + before.count { $0 == UInt8(ascii: "\n") }
    column = offset - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
  }

  var description: String { "line \(line), column \(column)" }
}
