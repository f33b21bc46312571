/// The changes that make a value what it should be, and leave what else is in it.
struct Merge {
  private(set) var changes: [Change] = []
  /// The key by which items of sequences are known: of variables, and of containers waited for.
  private let names: [String]

  init(names: [String]) { self.names = names }

  /// Makes the mapping at `path` have these members.
  mutating func merge(_ wanted: [Value.Member], into old: Value, at path: [Change.Step], removing: [String] = []) {
    let removed = removing.filter { old[$0] != nil }
    var set: [Value.Member] = []
    for member in wanted {
      guard let present = old[member.key] else {
        set.append(member)
        continue
      }
      if present == member.value { continue }
      if !merge(member.value, into: present, at: path + [.key(member.key)]) { set.append(member) }
    }
    guard !set.isEmpty || !removed.isEmpty else { return }
    changes.append(Change(path, .members(set: set, remove: removed)))
  }

  /// Whether a value could be merged into; else it is to be replaced.
  private mutating func merge(_ wanted: Value, into old: Value, at path: [Change.Step]) -> Bool {
    switch (wanted, old) {
    case (.mapping(let members), .mapping(let present)) where !present.isEmpty:
      merge(members, into: old, at: path)
      return true
    case (.sequence(let items), .sequence(let present)) where !present.isEmpty:
      guard let name = names.first(where: { name in items.allSatisfy { $0[name]?.text != nil } }) else { return false }
      var new: [Value] = []
      for item in items {
        if let at = present.firstIndex(where: { $0[name] == item[name] }) {
          merge(item.members ?? [], into: present[at], at: path + [.index(at)])
        } else {
          new.append(item)
        }
      }
      if !new.isEmpty { changes.append(Change(path, .append(new))) }
      return true
    default:
      return false
    }
  }
}
