/// A value and where it stands in the text.
struct Node: Sendable {
  /// A member of a mapping.
  struct Entry: Sendable {
    /// The key's text.
    let name: String
    /// The key's bytes.
    let key: Range<Int>
    let value: Node
  }

  enum Content: Sendable {
    case scalar(Value)
    case sequence([Node])
    case mapping([Entry])
    case alias(String)
  }

  let content: Content
  /// Its bytes, with tag and anchor. A block collection ends where the last of what is in it ends.
  let span: Range<Int>
  /// Whether brackets or braces are around it, as around all that JSON has.
  var isFlow = true
  var tag: String?
  var anchor: String?

  /// What it says.
  var value: Value {
    let bare: Value =
      switch content {
      case .scalar(let value): value
      case .sequence(let items): .sequence(items.map(\.value))
      case .mapping(let entries): .mapping(entries.map { .init($0.name, $0.value.value) })
      case .alias(let name): .alias(name)
      }
    return tag.map { .tagged($0, bare) } ?? bare
  }

  var items: [Node] {
    if case .sequence(let items) = content { items } else { [] }
  }

  var entries: [Entry] {
    if case .mapping(let entries) = content { entries } else { [] }
  }

  /// The nodes right within it.
  var children: [Node] {
    switch content {
    case .scalar, .alias: []
    case .sequence(let items): items
    case .mapping(let entries): entries.map(\.value)
    }
  }

  /// The first node, itself or below it, that a search wants.
  func first(where isWanted: (Node) -> Bool) -> Node? {
    if isWanted(self) { return self }
    for child in children {
      if let found = child.first(where: isWanted) { return found }
    }
    return nil
  }
}
