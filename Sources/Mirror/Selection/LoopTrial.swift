import Wire

/// Tells flows that feed on our output from those that do not.
///
/// What feeds on our output stops when our output stops, and comes back with it. So the worker holds its breath for
/// some milliseconds, several times at irregular distances (the capture buffer keeps what comes, nothing is lost), and
/// looks at the kernel's time stamps: a loop's flow is silent in the last quarter of every hold, when the tunnel's own
/// queue has run empty, and there again right behind it. A flow with pauses of its own would have to make them at just these moments, every time.
struct LoopTrial {
  /// Holds that a flow must follow, each of them.
  static let rounds = 4
  /// A loop is silent in the last of so many parts of a hold.
  static let silentPart: Int64 = 4
  /// Nanoseconds behind a hold in which a loop's frames, held back in the capture buffer, must be there again.
  static let aftermath: Int64 = 10_000_000
  /// Nanoseconds between holds.
  static let gaps: ClosedRange<Int64> = 40_000_000...90_000_000

  /// Flows that can be on trial together.
  static let capacity = 16

  /// A flow on trial.
  struct Suspect: BitwiseCopyable {
    var flow: UInt64 = 0
    var name = FlowName()
    /// Frames a second that it had.
    var rate = 0.0
    /// Whether it has followed every hold so far.
    var isSuspect = false
    var duringHold = 0
    var afterHold = 0
  }

  /// In fixed memory, as everything on the packet path.
  private(set) var suspects: InlineArray<16, Suspect> = InlineArray(repeating: Suspect())
  /// Flows put on trial.
  private(set) var count = 0
  /// Holds that they have followed.
  private(set) var round = 0
  /// Nanoseconds that each hold takes.
  let hold: Int64
  /// When the next hold is due, on the caller's clock; nil while one is being looked at.
  private(set) var nextHold: Int64?
  private var silence: ClosedRange<Int64> = 0...0
  private var end: Int64 = 0

  /// A trial with nobody accused yet.
  init(hold: Int64, now: Int64) {
    self.hold = hold
    nextHold = now
  }

  /// Puts a flow of so many frames a second on trial, of `capacity` at most.
  mutating func accuse(_ flow: UInt64, _ name: FlowName, rate: Double) {
    suspects[count] = Suspect(flow: flow, name: name, rate: rate, isSuspect: true)
    count += 1
  }

  /// Whether none of them has followed.
  var hasCollapsed: Bool {
    for index in 0..<count where suspects[index].isSuspect { return false }
    return true
  }

  /// The breath was held from `start` to `end`, nanoseconds since 1970.
  mutating func held(from start: Int64, to end: Int64) {
    // The time of day may have been set meanwhile: then nothing is silent, and nobody a loop.
    let last = max(0, end - start) / LoopTrial.silentPart
    silence = max(start, end) - last...max(start, end)
    self.end = silence.upperBound
    nextHold = nil
    for index in 0..<count { (suspects[index].duringHold, suspects[index].afterHold) = (0, 0) }
  }

  /// Looks at a captured frame; true if it ends the round.
  mutating func witness(_ flow: UInt64, _ timestamp: Int64, now: Int64) -> Bool {
    guard nextHold == nil, timestamp >= silence.lowerBound else { return false }
    if timestamp > end + Self.aftermath {
      conclude(now)
      return true
    }
    for index in 0..<count where suspects[index].flow == flow {
      if timestamp <= end { suspects[index].duringHold += 1 } else { suspects[index].afterHold += 1 }
    }
    return false
  }

  private mutating func conclude(_ now: Int64) {
    let seconds = Double(silence.upperBound - silence.lowerBound) / 1_000_000_000
    for index in 0..<count {
      let suspect = suspects[index]
      let expected = suspect.rate * seconds
      let isSilent = Double(suspect.duringHold) <= expected / 8
      let isBack = Double(suspect.afterHold) >= max(4, expected / 8)
      if !isSilent || !isBack { suspects[index].isSuspect = false }
    }
    round += 1
    let span = UInt64(Self.gaps.upperBound - Self.gaps.lowerBound)
    nextHold = now + Self.gaps.lowerBound + Int64(FlowHash.mix(UInt64(bitPattern: now)) % span)
  }
}
