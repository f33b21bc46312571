/// Lines of columns, of which the last is prose that is wrapped.
struct HelpColumns {
  /// Of every column but the last, without the space behind it.
  let widths: [Int]
  /// Of a line.
  let width: Int

  /// The lines of one row.
  func row(_ cells: [String], _ prose: String) -> [String] {
    var head = "  "
    for (cell, width) in zip(cells, widths) {
      head += cell + String(repeating: " ", count: max(1, width + 1 - cell.count))
    }
    let indent = String(repeating: " ", count: 2 + widths.reduce(0) { $0 + $1 + 1 })
    return Self.wrapped(prose, to: width - indent.count).enumerated().map {
      ($0.offset == 0 ? head : indent) + $0.element
    }
  }

  /// Lines of whole words; one that is too long has a line to itself.
  static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return lines + [line]
  }
}
