/// A figure that is the sum of others, at every moment.
package struct MetricSum: Sendable, CustomStringConvertible {
  /// Key of the sum.
  package let whole: String
  /// Keys of what it is made of.
  package let parts: [String]

  /// `whole` is the sum of `parts`.
  package init(_ whole: String, of parts: [String]) {
    self.whole = whole
    self.parts = parts
  }

  /// Whether it holds for what `table` reads from `source`.
  package func holds<Source>(in table: MetricTable<Source>, for source: Source) -> Bool {
    let rows = parts.compactMap { table[$0] }
    guard let sum = table[whole], rows.count == parts.count else { return false }
    return sum.sum(of: source) == rows.reduce(0) { $0 &+ $1.sum(of: source) }
  }

  /// As an equation of keys.
  package var description: String { "\(whole) = \(parts.joined(separator: " + "))" }
}
