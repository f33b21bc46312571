/// Changes in YAML's block style, where indentation is what holds things together.
struct BlockEditing {
  private let source: SourceText
  private let style: BlockStyle

  init(source: SourceText) {
    self.source = source
    style = BlockStyle(of: source)
  }

  /// Items behind the last.
  func append(_ values: [Value], to node: Node) -> [Editor.Edit] {
    guard let last = node.items.last else { return [] }
    // Without tag and anchor, it starts at its first dash.
    let column = source.column(node.span.lowerBound)
    return [insertion(values.flatMap { style.item($0, column: column) }, after: last.span, deeperThan: column)]
  }

  func members(
    of node: Node, set: [Value.Member], remove: [String], after: String?
  ) throws(InjectError) -> [Editor.Edit] {
    let entries = node.entries
    guard let first = entries.first else { return [] }
    let column = source.column(first.key.lowerBound)
    var edits: [Editor.Edit] = []
    for (index, entry) in entries.enumerated() where remove.contains(entry.name) {
      edits.append(try removal(of: entry, before: index + 1 < entries.count ? entries[index + 1] : nil))
    }
    let kept = entries.filter { !remove.contains($0.name) }
    var new: [String] = []
    for member in set {
      let lines = style.member(member.key, member.value, column: column)
      if let entry = kept.first(where: { $0.name == member.key }) {
        let text = lines.joined(separator: "\n").drop { $0 == " " }
        edits.append(Editor.Edit(range: entry.key.lowerBound..<end(of: entry.value), text: String(text)))
      } else {
        new += lines
      }
    }
    guard !new.isEmpty else { return edits }
    guard let place = kept.first(where: { $0.name == after }) ?? kept.last else {
      throw .refused("a mapping at \(TextPosition(of: first.key.lowerBound, in: source.bytes)) would be left empty")
    }
    edits.append(insertion(new, after: place.value.span, deeperThan: column))
    return edits
  }

  /// Whole lines behind those of a node, and behind comments that are deeper and so belong to it.
  private func insertion(_ lines: [String], after node: Range<Int>, deeperThan column: Int) -> Editor.Edit {
    let text = lines.joined(separator: "\n")
    var at = node.upperBound
    // Block scalars end with their last line end.
    if at == 0 || source.bytes[at - 1] != UInt8(ascii: "\n") { at = source.nextLine(at) }
    while isComment(at, deeperThan: column) { at = source.nextLine(at) }
    if at > 0, source.bytes[at - 1] != UInt8(ascii: "\n") { return Editor.Edit(range: at..<at, text: "\n" + text) }
    return Editor.Edit(range: at..<at, text: text + "\n")
  }

  /// Whether a line has nothing but a comment that begins right of a column.
  private func isComment(_ lineStart: Int, deeperThan column: Int) -> Bool {
    let first = lineStart + source.indentation(lineStart).utf8.count
    return first < source.bytes.count && first - lineStart > column && source.bytes[first] == UInt8(ascii: "#")
  }

  private func removal(of entry: Node.Entry, before next: Node.Entry?) throws(InjectError) -> Editor.Edit {
    let start = entry.key.lowerBound
    let end = end(of: entry.value)
    if source.lineStart(start) + source.indentation(start).utf8.count == start {
      return Editor.Edit(range: source.lineStart(start)..<source.nextLine(end), text: "")
    }
    // Behind a dash: the next member takes its place.
    if let next, source.bytes[end..<next.key.lowerBound].allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D }) {
      return Editor.Edit(range: start..<next.key.lowerBound, text: "")
    }
    throw .refused("\(entry.name) at \(TextPosition(of: start, in: source.bytes)) cannot be taken out; do it by hand")
  }

  /// The end of a node without the line ends behind a block scalar.
  private func end(of node: Node) -> Int {
    var end = node.span.upperBound
    while end > node.span.lowerBound, [0x20, 0x0A, 0x0D].contains(source.bytes[end - 1]) { end -= 1 }
    return end
  }
}
