import Synchronization
package import Wire

/// RATE_LIMIT and CPU_LIMIT, shared by all workers: which share of the flows may be sent at this moment. Whole flows are
/// shed, by the hash that SAMPLE chooses by, and come back when there is room.
///
/// The capture's filter is to follow `share`; until it does, and in between, the workers keep to it by themselves.
package final class FlowLimiter: Sendable {
  /// Why flows are shed.
  package enum Cause: String, Sendable {
    /// RATE_LIMIT.
    case rate = "RATE_LIMIT"
    /// CPU_LIMIT.
    case cpu = "CPU_LIMIT"
  }

  /// The rate; nil: none.
  package let rate: RateLimit?
  /// What may be sent; nil without a rate.
  let sent: TokenBucket?
  /// What the share lets in, whether it is sent or waits for the beginning of its connection: what is not sent costs the
  /// capture all the same.
  private let offered: TokenBucket?
  private let controller: Mutex<ShareController>
  /// Level of the share in the low 32 bits, cause of the last cut above.
  private let state: Atomic<UInt64>
  private let onCut: @Sendable () -> Void

  /// Limits in bits or datagrams a second, and in cores; nil: none. `onCut` is called after a worker has cut the share,
  /// on its thread.
  package init(rate: RateLimit?, cores: Double?, now: Int64, onCut: @escaping @Sendable () -> Void) {
    self.rate = rate
    self.onCut = onCut
    sent = rate.map { TokenBucket($0) }
    offered = rate.map { TokenBucket($0) }
    let controller = ShareController(unitsPerSecond: rate?.unitsPerSecond, cores: cores, now: now)
    state = Atomic(Self.word(controller))
    self.controller = Mutex(controller)
  }

  /// What may be let in.
  package var share: FlowShare {
    FlowShare(threshold: FlowBands.start(of: Int(state.load(ordering: .relaxed) & 0xFFFF_FFFF)))
  }

  /// Why flows were shed last.
  package var cause: Cause { state.load(ordering: .relaxed) >> 32 == 0 ? .rate : .cpu }

  /// Looks at the load. To be called every 100 ms or so; parameters as of `ShareController.tick`.
  package func tick(now: Int64, cores: Double, isThrottled: Bool) {
    let isFull = sent.map { $0.left(now) >= $0.capacity / 10 * 9 } ?? true
    controller.withLock {
      $0.tick(now: now, isFull: isFull, cores: cores, isThrottled: isThrottled)
      state.store(Self.word($0), ordering: .relaxed)
    }
  }

  /// Takes in what a worker has counted, and clears it.
  func merge(_ tally: inout LoadTally, now: Int64) {
    let units = offered == nil ? 0 : tally.unitSum
    offered?.take(Int64(clamping: units), now)
    let isTooMuch = offered.map { $0.left(now) < $0.reserve } ?? false
    let before = state.load(ordering: .relaxed)
    controller.withLock {
      $0.add(tally, now: now)
      if isTooMuch {
        $0.cutToRate(now: now, left: sent?.left(now) ?? 0)
        offered?.fill()
      }
      state.store(Self.word($0), ordering: .relaxed)
    }
    tally = LoadTally()
    if state.load(ordering: .relaxed) != before { onCut() }
  }

  /// What may be sent is down to the reserve: sheds what is too much.
  func cut(_ tally: inout LoadTally, now: Int64) {
    let before = state.load(ordering: .relaxed)
    merge(&tally, now: now)
    guard state.load(ordering: .relaxed) == before else { return }
    change {
      $0.cutToRate(now: now, left: sent?.left(now) ?? 0)
    }
  }

  /// Nothing may be sent for now: sheds the flow of this hash, and all above it.
  func cut(below hash: UInt32, now: Int64) { change { $0.cut(below: hash, now: now) } }

  private func change(_ body: (inout ShareController) -> Void) {
    let before = state.load(ordering: .relaxed)
    controller.withLock {
      body(&$0)
      state.store(Self.word($0), ordering: .relaxed)
    }
    if state.load(ordering: .relaxed) != before { onCut() }
  }

  private static func word(_ controller: ShareController) -> UInt64 {
    UInt64(controller.level) | UInt64(controller.cause.rawValue) << 32
  }
}
