import Glibc

/// What went wrong in the harness, in words.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Seconds on the monotonic clock.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Polls `condition` until it holds; throws, naming `what`, when it has not held within `seconds`.
func eventually(
  _ what: @autoclosure () -> String, within seconds: Double = 10, _ condition: () throws -> Bool
) throws {
  let deadline = monotonicSeconds() + seconds
  while try !condition() {
    if monotonicSeconds() > deadline { throw Failure("waited \(seconds) s in vain for: \(what())") }
    usleep(5_000)
  }
}
