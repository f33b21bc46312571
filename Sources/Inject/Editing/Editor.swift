/// Makes changes in a text, byte for byte only where they are, and proves that it says what was meant.
struct Editor {
  /// Bytes that others stand for.
  struct Edit {
    let range: Range<Int>
    let text: String
  }

  private let source: SourceText
  /// Names of anchors that are used.
  private let aliases: Set<String>

  init(_ source: SourceText) {
    self.source = source
    var found: Set<String> = []
    for document in source.documents {
      _ = document.first { node in
        if case .alias(let name) = node.content { found.insert(name) }
        return false
      }
    }
    aliases = found
  }

  /// The text with the changes made. Paths are those of the text as it is.
  ///
  /// - Throws: where the result could not be shown to differ by the changes and nothing else.
  func apply(_ changes: [Change]) throws(InjectError) -> [UInt8] {
    guard !changes.isEmpty else { return source.bytes }
    var wanted = source.value
    for change in changes {
      guard let changed = change.applied(to: wanted) else { throw doubt(change) }
      wanted = changed
    }
    var edits: [Edit] = []
    // Where two end at one place, such as a list and its last item, the inner comes first.
    for change in changes.sorted(by: { $0.path.count > $1.path.count }) { edits += try self.edits(change) }
    let result = try applying(edits)
    guard let found = try? SourceText(result), found.value == wanted, found.language == source.language else {
      throw .refused("this text has a form that cannot be changed with certainty; nothing was changed")
    }
    return result
  }

  private func edits(_ change: Change) throws(InjectError) -> [Edit] {
    let node = try node(change)
    let flow = FlowEditing(source: source)
    let block = BlockEditing(source: source)
    switch change.action {
    case .append(let values): return node.isFlow ? flow.append(values, to: node) : block.append(values, to: node)
    case .members(let set, let remove, let after):
      if node.isFlow { return flow.members(of: node, set: set, remove: remove, after: after) }
      return try block.members(of: node, set: set, remove: remove, after: after)
    }
  }

  /// The node that is to be changed. Nothing on the way to it may be used elsewhere as well.
  private func node(_ change: Change) throws(InjectError) -> Node {
    var node = Node(content: .sequence(source.documents), span: 0..<source.bytes.count)
    for (number, step) in change.path.enumerated() {
      let next: Node? =
        switch step {
        case .index(let index): node.items.indices.contains(index) ? node.items[index] : nil
        case .key(let key): node.entries.first { $0.name == key }?.value
        }
      guard let next else { throw doubt(change) }
      node = next
      let place = change.path[...number].dropFirst().map(\.description).joined(separator: ".")
      if let anchor = node.anchor, aliases.contains(anchor) {
        throw .refused("\(place) is used elsewhere as *\(anchor), which a change of it would change too")
      }
      if let tag = node.tag { throw .refused("\(place) is a \(tag), whose value is not in this text") }
    }
    return node
  }

  private func doubt(_ change: Change) -> InjectError {
    .refused("\(change.path.dropFirst().map(\.description).joined(separator: ".")) cannot be changed here")
  }

  /// The bytes with the edits made, those at one place in their order.
  private func applying(_ edits: [Edit]) throws(InjectError) -> [UInt8] {
    let ordered = edits.enumerated().sorted {
      ($0.element.range.lowerBound, $0.element.range.upperBound, $0.offset)
        < ($1.element.range.lowerBound, $1.element.range.upperBound, $1.offset)
    }
    var result: [UInt8] = []
    var done = 0
    for (_, edit) in ordered {
      guard edit.range.lowerBound >= done else {
        throw .refused("this text has a form that cannot be changed with certainty; nothing was changed")
      }
      result += source.bytes[done..<edit.range.lowerBound]
      let newline = source.newline
      for unit in edit.text.utf8 {
        if unit == UInt8(ascii: "\n") { result += Array(newline.utf8) } else { result.append(unit) }
      }
      done = edit.range.upperBound
    }
    return result + source.bytes[done...]
  }
}
