/// How many slips of the finger make one name of another: a letter missed, added, changed, or two neighbours in the wrong
/// order (Damerau-Levenshtein, with each letter touched once).
package enum EditDistance {
  /// The distance; nil where it is more than `limit`, which is found out early.
  package static func between(_ left: [UInt8], _ right: [UInt8], atMost limit: Int) -> Int? {
    guard abs(left.count - right.count) <= limit else { return nil }
    // Rows of the usual matrix: the one before the last, the last, and the one being filled.
    var earlier = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    var row = earlier
    for i in left.indices {
      row[0] = i + 1
      for j in right.indices {
        let changed = last[j] + (left[i] == right[j] ? 0 : 1)
        row[j + 1] = min(changed, last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          row[j + 1] = min(row[j + 1], earlier[j - 1] + 1)
        }
      }
      // Two rows above the limit cannot lead below it: a swap skips one row, nothing skips two.
      if min(row.min() ?? 0, last.min() ?? 0) > limit { return nil }
      (earlier, last, row) = (last, row, earlier)
    }
    return last[right.count] <= limit ? last[right.count] : nil
  }
}
