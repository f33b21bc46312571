/// How values of a figure at two moments belong together.
package enum MetricKind: String, Sendable {
  /// Sums since the start: only grows, values of several workers are added, and an interval has the difference.
  case counter
  /// The value of this moment: nothing to add or subtract.
  case gauge
  /// Says what the others are about.
  case identity
}
