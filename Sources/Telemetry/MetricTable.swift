/// Figures that are read from the same source, in the order in which they are shown.
package struct MetricTable<Source>: Sendable {
  /// One for each figure.
  package let rows: [Metric<Source>]

  /// A table of these.
  package init(_ rows: [Metric<Source>]) {
    self.rows = rows
  }

  /// The figure of a key; a part's is that of the whole, a point, and its own.
  package subscript(key: String) -> Metric<Source>? {
    let names = key.split(separator: ".", maxSplits: 1).map(String.init)
    let row = rows.first { $0.key == names.first }
    return names.count < 2 ? row : row?.parts.first { $0.key == names[1] }
  }
}
