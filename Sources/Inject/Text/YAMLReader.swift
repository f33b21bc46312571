/// Reads YAML into nodes that know where they stand, with libyaml's events.
struct YAMLReader {
  private let events: YAMLEvents
  /// The byte at which each character begins, and the end.
  private let offsets: [Int]
  /// Anchors of the document so far.
  private var anchors: Set<String> = []

  /// The documents of a text, behind `start` bytes that are not looked at.
  static func read(_ text: [UInt8], from start: Int) throws(InjectError) -> [Node] {
    var reader = YAMLReader(events: try YAMLEvents(text[start...]), offsets: Self.offsets(text, from: start))
    var documents: [Node] = []
    while true {
      let event = try reader.events.next()
      switch event.kind {
      case .streamStart, .documentEnd: continue
      case .streamEnd: return documents
      default:
        reader.anchors = []
        documents.append(try reader.node(try reader.events.next(), depth: 0))
      }
    }
  }

  private static func offsets(_ text: [UInt8], from start: Int) -> [Int] {
    // What begins no character continues one.
    text.indices[start...].filter { text[$0] & 0xC0 != 0x80 } + [text.count]
  }

  private func bytes(_ span: Range<Int>) -> Range<Int> {
    offsets[min(span.lowerBound, offsets.count - 1)]..<offsets[min(span.upperBound, offsets.count - 1)]
  }

  private mutating func node(_ event: YAMLEvents.Event, depth: Int) throws(InjectError) -> Node {
    let span = bytes(event.span)
    guard depth < JSONReader.deepest else { throw .notUnderstood("no YAML: nested deeper than \(JSONReader.deepest)") }
    if let anchor = event.anchor, event.kind != .alias { anchors.insert(anchor) }
    let content: Node.Content
    var end = span.upperBound
    switch event.kind {
    case .alias:
      let name = event.anchor ?? ""
      guard anchors.contains(name) else { throw .notUnderstood("no YAML: there is no anchor for the alias *\(name)") }
      content = .alias(name)
    case .sequenceStart:
      var items: [Node] = []
      while true {
        let next = try events.next()
        if next.kind == .sequenceEnd {
          end = event.isFlow ? bytes(next.span).upperBound : items.last?.span.upperBound ?? end
          break
        }
        items.append(try node(next, depth: depth + 1))
      }
      content = .sequence(items)
    case .mappingStart:
      let (entries, close) = try entries(depth: depth)
      end = event.isFlow ? close : entries.last?.value.span.upperBound ?? end
      content = .mapping(entries)
    default:
      content = .scalar(event.isPlain && event.tag == nil ? PlainScalar.value(event.text) : .string(event.text))
    }
    let whole = span.lowerBound..<max(span.lowerBound, end)
    return Node(content: content, span: whole, isFlow: event.isFlow, tag: event.tag, anchor: event.anchor)
  }

  /// The members of a mapping, and where what closes it ends.
  private mutating func entries(depth: Int) throws(InjectError) -> ([Node.Entry], Int) {
    var entries: [Node.Entry] = []
    var names: Set<String> = []
    while true {
      let key = try events.next()
      let span = bytes(key.span)
      if key.kind == .mappingEnd { return (entries, span.upperBound) }
      guard key.kind == .scalar else { throw .notUnderstood("no YAML for this: a key that is not a word") }
      guard names.insert(key.text).inserted else {
        throw .notUnderstood("no YAML: the key \"\(key.text)\" is there twice in one mapping")
      }
      entries.append(Node.Entry(name: key.text, key: span, value: try node(try events.next(), depth: depth + 1)))
    }
  }
}
