import CYaml

/// libyaml's parser: the events of a YAML text, one after the other.
@safe final class YAMLEvents {
  /// One event; the unused parts are empty.
  struct Event {
    enum Kind {
      case streamStart, streamEnd, documentStart, documentEnd
      case alias, scalar, sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    var kind: Kind
    var anchor: String?
    var tag: String?
    var text = ""
    /// A scalar without quotes, which may be a number, a truth value or nothing.
    var isPlain = false
    var isFlow = false
    /// In characters from the start of the text on.
    var span: Range<Int>
  }

  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  /// libyaml reads from here as it goes on.
  private let text: UnsafeMutableBufferPointer<UInt8>

  /// - Parameter text: UTF-8, without a byte order mark.
  init(_ text: ArraySlice<UInt8>) throws(InjectError) {
    unsafe self.text = .allocate(capacity: max(1, text.count))
    _ = unsafe self.text.initialize(from: text)
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe parser.initialize(to: yaml_parser_t())
      throw .refused("there is no memory to read the text with")
    }
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, self.text.baseAddress, text.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe text.deallocate()
  }

  /// The next event; nothing comes behind `streamEnd`.
  func next() throws(InjectError) -> Event {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem }
    defer { unsafe yaml_event_delete(&event) }
    return unsafe Self.event(event)
  }

  private var problem: InjectError {
    let mark = unsafe parser.pointee.problem_mark
    let what = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "not readable"
    return .notUnderstood("no YAML: \(TextPosition(line: mark.line + 1, column: mark.column + 1)): \(what)")
  }

  private static func event(_ event: yaml_event_t) -> Event {
    let span = unsafe Int(event.start_mark.index)..<Int(max(event.start_mark.index, event.end_mark.index))
    switch unsafe event.type {
    case YAML_STREAM_START_EVENT: return Event(kind: .streamStart, span: span)
    case YAML_DOCUMENT_START_EVENT: return Event(kind: .documentStart, span: span)
    case YAML_DOCUMENT_END_EVENT: return Event(kind: .documentEnd, span: span)
    case YAML_ALIAS_EVENT: return Event(kind: .alias, anchor: unsafe name(event.data.alias.anchor), span: span)
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      return unsafe Event(
        kind: .scalar, anchor: name(scalar.anchor), tag: name(scalar.tag), text: String(decoding: bytes, as: UTF8.self),
        isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, span: span)
    case YAML_SEQUENCE_START_EVENT:
      let start = unsafe event.data.sequence_start
      return unsafe Event(
        kind: .sequenceStart, anchor: name(start.anchor), tag: name(start.tag),
        isFlow: start.style == YAML_FLOW_SEQUENCE_STYLE, span: span)
    case YAML_SEQUENCE_END_EVENT: return Event(kind: .sequenceEnd, span: span)
    case YAML_MAPPING_START_EVENT:
      let start = unsafe event.data.mapping_start
      return unsafe Event(
        kind: .mappingStart, anchor: name(start.anchor), tag: name(start.tag),
        isFlow: start.style == YAML_FLOW_MAPPING_STYLE, span: span)
    case YAML_MAPPING_END_EVENT: return Event(kind: .mappingEnd, span: span)
    default: return Event(kind: .streamEnd, span: span)
    }
  }

  private static func name(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    unsafe text.map { unsafe String(cString: $0) }
  }
}
