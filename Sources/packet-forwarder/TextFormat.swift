/// How a command that answers prints what it has found.
enum TextFormat: String, CaseIterable {
  /// For people.
  case text
  /// For programs.
  case json
}
