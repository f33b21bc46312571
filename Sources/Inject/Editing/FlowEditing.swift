/// Changes within brackets and braces: all of JSON, and the flow style of YAML.
struct FlowEditing {
  private let source: SourceText
  private let style: FlowStyle

  init(source: SourceText) {
    self.source = source
    style = FlowStyle(of: source)
  }

  /// Items behind the last.
  func append(_ values: [Value], to node: Node) -> [Editor.Edit] {
    [insertion(values.map { (nil, $0) }, in: node, after: node.items.last?.span, siblings: node.items.map(\.span))]
  }

  func members(of node: Node, set: [Value.Member], remove: [String], after: String?) -> [Editor.Edit] {
    let entries = node.entries
    let kept = entries.filter { !remove.contains($0.name) }
    // Where nothing is left, what is new takes the place of all.
    var edits = kept.isEmpty && !set.isEmpty ? [] : removals(from: node, remove)
    var new: [(String?, Value)] = []
    for member in set {
      guard let entry = kept.first(where: { $0.name == member.key }) else {
        new.append((member.key, member.value))
        continue
      }
      let base = source.indentation(entry.key.lowerBound)
      let isWide = source.hasLineEnd(node.span)
      edits.append(Editor.Edit(range: entry.value.span, text: style.text(member.value, base: base, isWide: isWide)))
    }
    guard !new.isEmpty else { return edits }
    let spans = kept.map { $0.key.lowerBound..<$0.value.span.upperBound }
    let place = after.flatMap { name in kept.firstIndex { $0.name == name } } ?? kept.count - 1
    edits.append(insertion(new, in: node, after: place >= 0 ? spans[place] : nil, siblings: spans))
    return edits
  }

  private func insertion(
    _ new: [(key: String?, value: Value)], in node: Node, after: Range<Int>?, siblings: [Range<Int>]
  ) -> Editor.Edit {
    let open = node.span.lowerBound
    let outer = source.indentation(open)
    guard let after, let first = siblings.first else {
      let isWide = style.isWide
      let inner = isWide ? outer + style.unit : outer
      let text = new.map { style.member($0.key, $0.value, base: inner, isWide: isWide) }
      let joined = text.joined(separator: isWide ? ",\n\(inner)" : style.comma)
      // What stood between the brackets was white space.
      let inside = open + 1..<max(open + 1, node.span.upperBound - 1)
      return Editor.Edit(range: inside, text: isWide ? "\n\(inner)\(joined)\n\(outer)" : joined)
    }
    let isOnLines = source.hasLineEnd(open..<first.lowerBound)
    let isWide = isOnLines || siblings.contains { source.hasLineEnd($0) }
    let inner = isOnLines ? source.indentation(first.lowerBound) : outer
    let text = new.map { entry in
      (isOnLines ? ",\n\(inner)" : style.comma) + style.member(entry.key, entry.value, base: inner, isWide: isWide)
    }
    return Editor.Edit(range: after.upperBound..<after.upperBound, text: text.joined())
  }

  /// Takes members out with the commas that were theirs.
  private func removals(from node: Node, _ names: [String]) -> [Editor.Edit] {
    let entries = node.entries
    var edits: [Editor.Edit] = []
    var at = 0
    while at < entries.count {
      guard names.contains(entries[at].name) else {
        at += 1
        continue
      }
      let end = entries[at...].firstIndex { !names.contains($0.name) } ?? entries.count
      let range: Range<Int>
      if end < entries.count {
        range = entries[at].key.lowerBound..<entries[end].key.lowerBound
      } else if at > 0 {
        range = entries[at - 1].value.span.upperBound..<entries[end - 1].value.span.upperBound
      } else {
        range = node.span.lowerBound + 1..<node.span.upperBound - 1
      }
      edits.append(Editor.Edit(range: range, text: ""))
      at = end
    }
    return edits
  }
}
