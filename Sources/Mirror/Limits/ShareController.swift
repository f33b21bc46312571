/// Chooses which share of the flows RATE_LIMIT and CPU_LIMIT allow. Knows neither clock nor kernel: it is told what was
/// counted and when.
///
/// It counts what the flows of each band of hashes ask for. What is too much is cut off at the border below which the
/// rest fits, in one step. What is beyond the share cannot be seen, so the share grows by trial: as far as the load
/// would fit if it grew with it, fourfold at most, and not within `hold` of the last cut. Where a share just fits, the
/// next larger one is found not to, and nothing moves.
struct ShareController {
  /// Why flows are shed.
  enum Cause: UInt8, Sendable {
    case rate
    case cpu
  }

  /// The part of a limit that a share may use.
  static let target = 0.9
  /// Nanoseconds after a cut before the share grows again.
  static let hold: Int64 = 500_000_000
  /// The most that the share grows by at once.
  static let growth = 4.0
  /// Where growth begins from below: one flow in 1,024.
  static let leastGrown = FlowBands.band(of: 1 << 22)
  /// Nanoseconds from one tick to the next, about.
  static let period = 1e8
  /// Nanoseconds for which two cuts are one, unless the bucket has lost half of what it had.
  static let cutGap: Int64 = 20_000_000
  /// What is left of the CPU time when the kernel has held the group's processes up.
  static let throttledFactor = 0.7

  /// Bands below it are let in; `FlowBands.count` is all.
  private(set) var level = FlowBands.count
  /// Of the last cut.
  private(set) var cause = Cause.rate

  private let unitsPerSecond: Double?
  private let cores: Double?
  /// Since the start.
  private var totals = LoadTally()
  /// Since the bucket was full, or the last cut.
  private var window = LoadTally()
  private var windowStart: Int64
  private var lastTick: Int64
  private var lastCut: Int64 = .min / 2
  private var leftAtCut: Int64 = .max
  /// Units and work a second, each band's, smoothed.
  private var units: InlineArray<240, Double> = InlineArray(repeating: 0)
  private var work: InlineArray<240, Double> = InlineArray(repeating: 0)
  private var atTick = LoadTally()
  /// Bands from here on have not been measured yet.
  private var freshFrom = 0
  /// Cores in use, smoothed.
  private var usage = 0.0

  /// Limits in units a second and in cores; nil: none.
  init(unitsPerSecond: Double?, cores: Double?, now: Int64) {
    self.unitsPerSecond = unitsPerSecond
    self.cores = cores
    windowStart = now
    lastTick = now
  }

  /// Counts what was asked for since the last call, up to `now`. Bands that were let in at the last tick go again at once
  /// where they ask for more CPU time than there is in two: what they cost the capture shows in no measurement of ours.
  mutating func add(_ tally: LoadTally, now: Int64) {
    totals.add(tally)
    guard let cores, freshFrom > 0, freshFrom < level else { return }
    var work: UInt64 = 0
    for band in freshFrom..<level { work &+= totals.work[band] &- atTick.work[band] }
    if Double(work) > 2 * cores * Self.period { lower(to: freshFrom, now: now, .cpu) }
  }

  // MARK: Cutting

  /// The bucket is down to its reserve: cuts so much off that the rest fits. `left` is what is in it.
  mutating func cutToRate(now: Int64, left: Int64) {
    guard let unitsPerSecond, now - lastCut >= Self.cutGap || left < leftAtCut / 2 else { return }
    let seconds = Double(max(now - windowStart, 1_000_000)) / 1e9
    let allowed = unitsPerSecond * Self.target * seconds
    let fits = fitting(allowed) { Double(totals.units[$0] &- window.units[$0]) }
    if fits < level { lower(to: fits, now: now, .rate) }
    leftAtCut = left
  }

  /// The bucket is empty when a frame of this hash comes: all of its band go, and all above.
  mutating func cut(below hash: UInt32, now: Int64) {
    lower(to: min(level, FlowBands.band(of: hash)), now: now, .rate)
  }

  /// The level below which the load of the bands is no more than `allowed`.
  private func fitting(_ allowed: Double, _ load: (Int) -> Double) -> Int {
    var (sum, fits, highest) = (0.0, level, -1)
    for band in 0..<level {
      let load = load(band)
      if load > 0 { highest = band }
      sum += load
      if sum > allowed, fits == level { fits = band }
    }
    // It is too much, whatever the figures say: they may be of a moment too short.
    return fits == level && highest >= 0 ? highest : fits
  }

  private mutating func lower(to band: Int, now: Int64, _ cause: Cause) {
    level = band
    self.cause = cause
    lastCut = now
    freshFrom = min(freshFrom, band)
    startWindow(now)
  }

  private mutating func startWindow(_ now: Int64) {
    window = totals
    windowStart = now
  }

  // MARK: Once in a while

  /// Looks at the load as it is.
  ///
  /// - Parameters:
  ///   - isFull: whether the bucket is.
  ///   - cores: how many cores the program has used since the last call.
  ///   - isThrottled: whether the kernel has held the control group up since then, for having used its share.
  mutating func tick(now: Int64, isFull: Bool, cores used: Double, isThrottled: Bool) {
    let elapsed = now - lastTick
    guard elapsed > 0 else { return }
    measure(seconds: Double(elapsed) / 1e9)
    lastTick = now
    usage = (usage + used) / 2
    if isFull || now - windowStart > 2_000_000_000 { startWindow(now) }
    if let cores, isThrottled || min(usage, used) > cores {
      cutToCPU(now: now, isThrottled ? min(1, cores / max(usage, used)) * Self.throttledFactor : cores / usage)
    } else if level < FlowBands.count, now - lastCut >= Self.hold {
      grow()
    }
  }

  private mutating func measure(seconds: Double) {
    for band in 0..<FlowBands.count {
      let newUnits = Double(totals.units[band] &- atTick.units[band]) / seconds
      let newWork = Double(totals.work[band] &- atTick.work[band]) / seconds
      let isFresh = band >= freshFrom
      units[band] = isFresh ? newUnits : (units[band] + newUnits) / 2
      work[band] = isFresh ? newWork : (work[band] + newWork) / 2
    }
    freshFrom = FlowBands.count
    atTick = totals
  }

  private mutating func cutToCPU(now: Int64, _ factor: Double) {
    let all = (0..<level).reduce(0) { $0 + work[$1] }
    let fits = fitting(all * factor * Self.target) { work[$0] }
    guard fits < level else { return }
    lower(to: fits, now: now, .cpu)
    // What is used falls with the next frames; what was measured must not cut twice.
    usage *= factor
  }

  private mutating func grow() {
    var factor = Self.growth
    if let unitsPerSecond {
      let sum = (0..<level).reduce(0) { $0 + units[$1] }
      factor = min(factor, Self.target * unitsPerSecond / max(sum, 1e-9))
    }
    if let cores { factor = min(factor, Self.target * cores / max(usage, 1e-9)) }
    guard factor > 1 else { return }
    let start = Double(FlowBands.start(of: level)) * factor
    var grown = start >= 0x1p32 ? FlowBands.count : FlowBands.band(of: UInt32(start))
    if factor == Self.growth { grown = max(grown, Self.leastGrown) }
    guard grown > level else { return }
    freshFrom = level
    level = grown
  }
}
