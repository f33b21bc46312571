import TestSupport
import Wire

@testable import Mirror

/// Flows, a forwarder under limits, and a clock of their own: what the workers do with the limiter, frame by frame,
/// without packets.
struct LimitSimulation {
  /// A flow that sends at an even rate.
  struct Flow {
    var hash: UInt32
    /// Units of RATE_LIMIT a millisecond.
    var perMillisecond: Double
    /// TCP that had begun before: it is captured where the share has it, and not sent once it was shed.
    var waitsOnceShed = false
    var wasShed = false
    var sent = 0.0
    var lost = 0.0
  }

  let limiter: FlowLimiter
  var flows: [Flow] = []
  /// Milliseconds since the start.
  private(set) var time: Int64 = 0
  /// Units sent, and when the share had changed, with the share, both since `forget`.
  private(set) var sent = 0.0
  private(set) var shares: [(time: Int64, share: Double)] = []
  /// Cores that a unit a second takes.
  var coresPerUnit = 0.0
  var isThrottled = false
  /// Units captured since `forget`, whether sent or not.
  private(set) var captured = 0.0
  /// Units sent at the last look.
  private var lookedAt = 0.0

  init(rate: RateLimit? = nil, cores: Double? = nil) {
    limiter = FlowLimiter(rate: rate, cores: cores, now: 0) {}
  }

  private var now: Int64 { time * 1_000_000 }

  mutating func forget() {
    (sent, captured, lookedAt) = (0, 0, 0)
    shares = []
    for index in flows.indices { (flows[index].sent, flows[index].lost) = (0, 0) }
  }

  mutating func run(milliseconds: Int) {
    var tally = LoadTally()
    for _ in 0..<milliseconds {
      time += 1
      for index in flows.indices { offer(index, &tally) }
      limiter.merge(&tally, now: now)
      if time % 100 == 0 {
        limiter.tick(now: now, cores: (sent - lookedAt) * 10 * coresPerUnit, isThrottled: isThrottled)
        lookedAt = sent
      }
      let share = limiter.share.fraction
      if shares.last?.share != share { shares.append((time, share)) }
    }
  }

  private mutating func offer(_ index: Int, _ tally: inout LoadTally) {
    let flow = flows[index]
    guard flow.perMillisecond > 0 else { return }
    guard limiter.share.contains(flow.hash) else {
      flows[index].wasShed = true
      flows[index].lost += flow.perMillisecond
      return
    }
    captured += flow.perMillisecond
    tally.add(flow.hash, units: Int64(flow.perMillisecond), byteCount: Int(flow.perMillisecond))
    if flow.waitsOnceShed, flow.wasShed { return }
    if let bucket = limiter.sent {
      let left = bucket.left(now)
      if left <= 0 {
        limiter.cut(below: flow.hash, now: now)
      } else if left < bucket.reserve {
        limiter.cut(&tally, now: now)
      }
      guard limiter.share.contains(flow.hash) else {
        flows[index].lost += flow.perMillisecond
        return
      }
      bucket.take(Int64(flow.perMillisecond), now)
    }
    flows[index].sent += flow.perMillisecond
    sent += flow.perMillisecond
  }

  /// So many flows of random hashes that send the same, `total` units a second together.
  static func evenly(_ count: Int, total: Double, _ random: inout SeededGenerator) -> [Flow] {
    (0..<count).map { _ in
      Flow(hash: UInt32(truncatingIfNeeded: random.next()), perMillisecond: total / 1_000 / Double(count))
    }
  }
}
