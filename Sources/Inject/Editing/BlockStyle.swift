/// New values in YAML's block style, with dashes where the text has them.
struct BlockStyle {
  private let flow: FlowStyle
  /// How much further to the right than their key dashes stand.
  private let dash: Int

  init(of source: SourceText) {
    flow = FlowStyle(of: source)
    var found: Int?
    for document in source.documents where found == nil {
      _ = document.first { node in
        for entry in node.entries where !entry.value.isFlow && !entry.value.items.isEmpty {
          found = source.column(entry.value.span.lowerBound) - source.column(entry.key.lowerBound)
        }
        return found != nil
      }
    }
    // A tag would stand on the key's line.
    dash = found.map { (0...8).contains($0) ? $0 : 2 } ?? 2
  }

  /// A member, in lines, its key in this column.
  func member(_ key: String, _ value: Value, column: Int) -> [String] {
    let pad = String(repeating: " ", count: column)
    let head = "\(pad)\(flow.text(.string(key))):"
    switch value {
    case .mapping(let members) where !members.isEmpty:
      return [head] + members.flatMap { member($0.key, $0.value, column: column + 2) }
    case .sequence(let items) where !items.allSatisfy(\.isScalar):
      return [head] + items.flatMap { item($0, column: column + dash) }
    default:
      return ["\(head) \(flow.text(value))"]
    }
  }

  /// An item, in lines, its dash in this column.
  func item(_ value: Value, column: Int) -> [String] {
    let pad = String(repeating: " ", count: column)
    guard case .mapping(let members) = value, !members.isEmpty else { return ["\(pad)- \(flow.text(value))"] }
    var lines = members.flatMap { member($0.key, $0.value, column: column + 2) }
    lines[0] = "\(pad)- \(lines[0].dropFirst(column + 2))"
    return lines
  }
}
