import System

/// How long sends may wait for room in full send buffers.
///
/// A single collector is worth waiting for: meanwhile the capture buffer holds what comes. Among several a slow one
/// must not hold up the others, so each may take a tenth of the time, and what its queue then does not take is lost
/// for it alone.
struct SendPatience: ~Copyable {
  /// Nanoseconds that all waits of one flush may take with a single collector. Such a flush still ends in time for
  /// SIGTERM.
  private static let singleLimit: Int64 = 500_000_000
  /// Nanoseconds of waiting that one of several collectors can save up.
  private static let sharedLimit: Int64 = 50_000_000
  /// A collector's waiting time grows by one nanosecond in this many.
  private static let sharedPart: Int64 = 10

  private let isSingle: Bool
  private var left: [Int64]
  private var updated: [Int64]

  init(pathCount: Int) {
    isSingle = pathCount == 1
    left = Array(repeating: isSingle ? Self.singleLimit : Self.sharedLimit, count: pathCount)
    updated = Array(repeating: MonotonicClock.nanoseconds, count: pathCount)
  }

  /// A flush begins.
  mutating func begin() {
    if isSingle { left[0] = Self.singleLimit }
  }

  /// Waits until the lane has room; false if there is no patience left.
  mutating func wait(for socket: SourcePortSocket, pathIndex: Int) -> Bool {
    let start = MonotonicClock.nanoseconds
    if !isSingle {
      left[pathIndex] = min(Self.sharedLimit, left[pathIndex] + (start - updated[pathIndex]) / Self.sharedPart)
    }
    let milliseconds = (left[pathIndex] + 999_999) / 1_000_000
    let hasRoom = milliseconds > 0 && socket.waitForRoom(milliseconds: Int32(milliseconds))
    updated[pathIndex] = MonotonicClock.nanoseconds
    left[pathIndex] = max(0, left[pathIndex] - (updated[pathIndex] - start))
    return hasRoom
  }
}
