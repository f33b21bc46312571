/// A change of what a text says: to one mapping, or at the end of one sequence.
struct Change: Equatable, Sendable {
  /// A step from a value into it.
  enum Step: Equatable, Sendable, CustomStringConvertible {
    case key(String)
    case index(Int)

    var description: String {
      switch self {
      case .key(let key): key
      case .index(let index): "\(index)"
      }
    }
  }

  enum Action: Equatable, Sendable {
    /// Items behind those that are there.
    case append([Value])
    /// Members that get a value, new ones behind the member `after` (or the last), and others that go.
    case members(set: [Value.Member], remove: [String] = [], after: String? = nil)
  }

  /// From the sequence of documents on.
  let path: [Step]
  let action: Action

  init(_ path: [Step], _ action: Action) {
    self.path = path
    self.action = action
  }

  /// The value with the change made; nil where there is no such place in it.
  func applied(to value: Value) -> Value? { Self.applied(action, path[...], value) }

  private static func applied(_ action: Action, _ path: ArraySlice<Step>, _ value: Value) -> Value? {
    switch path.first {
    case nil: return applied(action, value)
    case .key(let key):
      guard var members = value.members, let at = members.firstIndex(where: { $0.key == key }),
        let inner = applied(action, path.dropFirst(), members[at].value)
      else { return nil }
      members[at].value = inner
      return .mapping(members)
    case .index(let index):
      guard var items = value.items, items.indices.contains(index),
        let inner = applied(action, path.dropFirst(), items[index])
      else { return nil }
      items[index] = inner
      return .sequence(items)
    }
  }

  private static func applied(_ action: Action, _ value: Value) -> Value? {
    switch action {
    case .append(let new): return value.items.map { .sequence($0 + new) }
    case .members(let set, let remove, let after):
      guard var members = value.members else { return nil }
      members.removeAll { remove.contains($0.key) }
      var place = after.flatMap { key in members.firstIndex { $0.key == key } }.map { $0 + 1 } ?? members.count
      for member in set {
        if let at = members.firstIndex(where: { $0.key == member.key }) {
          members[at] = member
        } else {
          members.insert(member, at: place)
          place += 1
        }
      }
      return .mapping(members)
    }
  }
}
