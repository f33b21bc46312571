/// How long something may take.
package struct TimeLimit: Sendable {
  /// When it is over, in milliseconds of `MonotonicClock`.
  package let end: Int64

  /// From now on.
  package init(milliseconds: Int64) { end = MonotonicClock.milliseconds + milliseconds }

  /// Until then, in milliseconds of `MonotonicClock`.
  package init(by end: Int64) { self.end = end }

  /// Milliseconds left, as poll(2) takes them; 0 when it is over.
  package var left: CInt { CInt(clamping: max(0, end - MonotonicClock.milliseconds)) }
}
