/// Ends loops that no filter can know: mirrored datagrams that leave through an encrypted tunnel below the capture are
/// captured again as the tunnel's packets, mirrored again, and so on without end.
///
/// When the rate has risen sharply and a few flows make up much of it, those are put on trial (`LoopTrial`). The flow
/// of a loop is dropped from then on, and counted.
struct LoopDetector: ~Copyable {
  /// Nanoseconds of a window in which frames are counted.
  static let window: Int64 = 100_000_000
  /// Windows that a rate is compared over.
  static let history = 10
  /// Frames a second below which there is nothing to fear yet.
  static let leastRate = 2_000
  /// One frame in this many is looked at.
  static let sampling = 16
  /// Of 32 random bits the values that choose a frame.
  private static let sampled = UInt64(UInt32.max) / UInt64(sampling)
  /// The least part of all frames that makes a flow a suspect: one in this many. A loop has a flow per source port.
  static let leastShare = 32
  /// Nanoseconds that a hold takes at the most, and at the least to tell anything.
  static let holds: ClosedRange<Int64> = 8_000_000...40_000_000
  /// Bytes of a mean frame above which no loop is thought of: what is sent is never as large as super-frames are.
  static let largestMean = 16_384
  /// The share of the capture buffer that may fill in a hold: one byte in this many.
  static let bufferShare = 4
  /// Frames that must be expected in the silent part of a hold for their absence to say something.
  static let leastExpected = 16.0
  /// Nanoseconds that a loop's flow is dropped for before it gets another chance.
  static let sentence: Int64 = 600_000_000_000
  /// Nanoseconds that a flow that was acquitted is left in peace.
  static let peace: Int64 = 60_000_000_000
  /// Nanoseconds by which the worker may be behind the kernel's stamps when a hold begins: with a capture buffer that is
  /// filled already, what comes during the hold is lost, and that is a silence that says nothing.
  static let longestDelay: Int64 = 10_000_000
  /// Nanoseconds after which a trial without an end is given up: nothing more was captured.
  static let longestTrial: Int64 = 10_000_000_000

  /// A flow that is sampled often, or was judged.
  private struct Entry: BitwiseCopyable {
    var flow: UInt64 = 0
    var count = 0
    var until: Int64 = 0
    var isLoop = false
    var name: FlowName?
  }

  private let bufferByteCount: Int
  private var samples: InlineArray<16, Entry> = InlineArray(repeating: Entry())
  private var verdicts: InlineArray<16, Entry> = InlineArray(repeating: Entry())
  private var chance = UInt64.random(in: .min ... .max)
  private var hasLoops = false
  private var now: Int64 = 0
  private var windowStart: Int64 = 0
  private var frames = 0
  private var bytes = 0
  private var rates: InlineArray<10, Int> = InlineArray(repeating: 0)
  private var windowIndex = 0
  private var trial: LoopTrial?
  private var trialStart: Int64 = 0
  /// The latest stamp seen in a trial.
  private var lastTimestamp: Int64 = 0
  private var found: [FlowName] = []

  /// `bufferByteCount` bytes of capture buffer bound the holds.
  init(bufferByteCount: Int) {
    self.bufferByteCount = bufferByteCount
  }

  /// Loops found since the last call.
  mutating func takeFound() -> [FlowName] {
    guard !found.isEmpty else { return [] }
    defer { found = [] }
    return found
  }

  /// Whether the next frame, of flow `flow`, may be mirrored. `timestamp` is the kernel's, in nanoseconds since 1970.
  @inline(__always)
  mutating func admits(_ flow: UInt64, timestamp: Int64, name: @autoclosure () -> FlowName) -> Bool {
    if trial != nil { witness(flow, timestamp) }
    // By chance (Knuth's MMIX generator): what is regular about batches and flows would make some seem more than they are.
    chance = chance &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    if chance >> 32 < Self.sampled { sample(flow, name()) }
    return !hasLoops || !isLoop(flow)
  }

  /// Ends a batch at `now`, nanoseconds of a clock that does not go back, and at `time`, nanoseconds since 1970, which is
  /// asked for where it matters.
  ///
  /// - Returns: nanoseconds to hold the breath for (then call `held`); 0: not now.
  mutating func end(
    frames count: Int, bytes byteCount: Int, now: Int64, time: @autoclosure () -> Int64
  ) -> Int64 {
    self.now = now
    frames += count
    bytes += byteCount
    if now - windowStart >= Self.window { endWindow() }
    guard let trial else { return 0 }
    if now - trialStart > Self.longestTrial {
      self.trial = nil
      return 0
    }
    guard let due = trial.nextHold, due <= now, time() - lastTimestamp <= Self.longestDelay else { return 0 }
    return trial.hold
  }

  /// The breath was held from `start` to `end`, nanoseconds since 1970.
  mutating func held(from start: Int64, to end: Int64) { trial?.held(from: start, to: end) }

  // MARK: Watching

  private mutating func sample(_ flow: UInt64, _ name: FlowName) {
    // Seen as a span: reading an element of the property in a loop copies all of it each time.
    var entries = samples.mutableSpan
    var free = -1
    for index in entries.indices {
      if entries[index].count > 0, entries[index].flow == flow {
        entries[index].count += 1
        return
      }
      if entries[index].count == 0 { free = index }
    }
    if free >= 0 {
      entries[free] = Entry(flow: flow, count: 1, name: name)
    } else {
      // Misra and Gries, 1982: what is frequent outlasts what is not.
      for index in entries.indices { entries[index].count -= 1 }
    }
  }

  private mutating func endWindow() {
    let elapsed = now - windowStart
    // After a pause, or at the first call, the windows before were empty.
    if elapsed > Self.window * Int64(Self.history) { rates = InlineArray(repeating: 0) }
    let rate = Int(Double(frames) * 1_000_000_000 / Double(elapsed))
    let before = rates[windowIndex % Self.history]
    rates[windowIndex % Self.history] = rate
    windowIndex += 1
    if trial == nil, rate >= Self.leastRate, rate >= 2 * before { accuse(elapsed) }
    expire()
    samples = InlineArray(repeating: Entry())
    (windowStart, frames, bytes) = (now, 0, 0)
  }

  /// Puts the flows that make up much of the window's frames on trial.
  private mutating func accuse(_ elapsed: Int64) {
    guard bytes <= frames * Self.largestMean else { return }
    let filling = Double(bufferByteCount / Self.bufferShare) * Double(elapsed) / Double(max(bytes, 1))
    let hold = Int64(min(Double(Self.holds.upperBound), filling))
    guard hold >= Self.holds.lowerBound else { return }
    var accused = LoopTrial(hold: hold, now: now)
    for index in samples.indices {
      let entry = samples[index]
      let seen = entry.count * Self.sampling
      let rate = Double(seen) * 1_000_000_000 / Double(elapsed)
      guard let name = entry.name, seen * Self.leastShare >= frames, !isJudged(entry.flow),
        rate * Double(hold / LoopTrial.silentPart) / 1_000_000_000 >= Self.leastExpected
      else { continue }
      accused.accuse(entry.flow, name, rate: rate)
    }
    guard accused.count > 0 else { return }
    trialStart = now
    trial = accused
  }

  // MARK: Judging

  @inline(never)
  private mutating func witness(_ flow: UInt64, _ timestamp: Int64) {
    lastTimestamp = timestamp
    guard trial!.witness(flow, timestamp, now: now), let current = trial else { return }
    guard current.hasCollapsed || current.round >= LoopTrial.rounds else { return }
    trial = nil
    for index in 0..<current.count {
      let suspect = current.suspects[index]
      let sentence = suspect.isSuspect ? Self.sentence : Self.peace
      judge(Entry(flow: suspect.flow, until: now + sentence, isLoop: suspect.isSuspect))
      if suspect.isSuspect, found.count < verdicts.count { found.append(suspect.name) }
    }
  }

  private mutating func judge(_ entry: Entry) {
    // In the place of what is over, or over first; a loop is forgotten for another loop only.
    var place = -1
    for index in verdicts.indices where entry.isLoop || !verdicts[index].isLoop {
      if place < 0 || verdicts[index].until < verdicts[place].until { place = index }
    }
    guard place >= 0 else { return }
    verdicts[place] = entry
    if entry.isLoop { hasLoops = true }
  }

  private func isJudged(_ flow: UInt64) -> Bool {
    let entries = verdicts.span
    for index in entries.indices where entries[index].until > 0 && entries[index].flow == flow { return true }
    return false
  }

  private func isLoop(_ flow: UInt64) -> Bool {
    let entries = verdicts.span
    for index in entries.indices where entries[index].isLoop && entries[index].flow == flow { return true }
    return false
  }

  private mutating func expire() {
    hasLoops = false
    for index in verdicts.indices {
      if verdicts[index].until > 0, verdicts[index].until <= now { verdicts[index] = Entry() }
      if verdicts[index].isLoop { hasLoops = true }
    }
  }
}
