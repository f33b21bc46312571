import System

/// What the program uses of the CPU, and whether the kernel holds its control group up.
struct CPUMeter {
  private let throttling = CPUThrottling()
  private var counter: UInt64
  private var lastTime: Int64
  private var lastUsed: Int64

  /// Measures from now on.
  init() {
    counter = throttling.counter
    lastTime = MonotonicClock.nanoseconds
    lastUsed = ProcessClock.nanoseconds
  }

  /// Cores in use since the last call, and whether processes of the group were held up since then.
  mutating func measure() -> (cores: Double, isThrottled: Bool) {
    let (time, used, count) = (MonotonicClock.nanoseconds, ProcessClock.nanoseconds, throttling.counter)
    defer { (lastTime, lastUsed, counter) = (time, used, count) }
    return (Double(used - lastUsed) / Double(max(time - lastTime, 1)), count > counter)
  }
}
