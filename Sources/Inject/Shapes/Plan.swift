/// What is to be done with a text.
struct Plan {
  var changes: [Change] = []
  /// What is worth a line to whoever asked.
  var notes: [String] = []

  static func += (plan: inout Plan, other: Plan) {
    plan.changes += other.changes
    plan.notes += other.notes
  }
}
