/// What a text says, whatever its form: the model in which a change is meant, and checked.
enum Value: Equatable, Sendable {
  /// A member of a mapping.
  struct Member: Equatable, Sendable {
    var key: String
    var value: Value

    init(_ key: String, _ value: Value) {
      self.key = key
      self.value = value
    }
  }

  case null
  case bool(Bool)
  /// A number as it is written.
  case number(String)
  case string(String)
  case sequence([Value])
  /// Members in their order; no key is there twice.
  case mapping([Member])
  /// A YAML tag, such as CloudFormation's `!Ref`, and what it stands in front of.
  indirect case tagged(String, Value)
  /// A YAML alias: whatever the anchor of this name has.
  case alias(String)

  /// A mapping of these, in this order.
  static func object(_ members: (String, Value?)...) -> Value {
    .mapping(members.compactMap { key, value in value.map { Member(key, $0) } })
  }

  static func integer(_ number: Int) -> Value { .number("\(number)") }

  /// Words.
  static func strings(_ words: [String]) -> Value { .sequence(words.map { .string($0) }) }

  /// The value of a member; nil without it, and for what is no mapping.
  subscript(key: String) -> Value? { members?.first { $0.key == key }?.value }

  var members: [Member]? {
    if case .mapping(let members) = self { members } else { nil }
  }

  var items: [Value]? {
    if case .sequence(let items) = self { items } else { nil }
  }

  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var isTrue: Bool { self == .bool(true) || text == "true" }

  /// The text of a string or a number.
  var words: String? {
    switch self {
    case .string(let text), .number(let text): text
    default: nil
    }
  }

  /// A whole number, as a number or in a string.
  var int: Int? { words.flatMap { Int($0) } }

  var isScalar: Bool {
    switch self {
    case .null, .bool, .number, .string: true
    default: false
    }
  }

  /// Whether it is written on a line of its own without saying less: no mapping or sequence within it has any.
  var isLeaf: Bool {
    switch self {
    case .sequence(let items): items.allSatisfy(\.isScalar)
    case .mapping(let members): members.allSatisfy(\.value.isScalar)
    case .tagged, .alias: true
    default: true
    }
  }
}
