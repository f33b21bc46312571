import System
import Wire

/// One worker's side of the limits: which of its frames may be sent.
///
/// What was let in stays in while the share has it. When the share grows, a TCP connection joins with its first segment
/// (SYN), so that the collector sees it whole; one that had begun before waits, `patience` at least and twice that at
/// most, and is taken as it is then. What is not TCP joins at once. What was shed in the middle ends in the middle.
///
/// A class: its four kilobytes would be copied with its owner for each frame.
final class FlowAdmission {
  /// Nanoseconds.
  static let patience: Int64 = 300_000_000_000

  let limiter: FlowLimiter
  private var tally = LoadTally()
  private var joins = JoinTable()
  /// Hashes below it are let in.
  private var threshold: UInt64 = 1 << 32
  /// Hashes below it were let in all the time, for `patience` at least: nothing is asked of them.
  private var settled: UInt64 = 1 << 32
  private var leastBefore: UInt64 = 1 << 32
  private var leastNow: UInt64 = 1 << 32
  private var epochEnd: Int64 = 0
  private var now: Int64 = 0
  /// Below it the bucket is looked after, in its nanoseconds.
  private var softLevel: Int64
  /// Units that were taken from the bucket for this batch.
  private var charged: Int64 = 0
  /// What a frame is sent as.
  private var cost = FrameCost()

  init(_ limiter: FlowLimiter) {
    self.limiter = limiter
    softLevel = limiter.sent?.reserve ?? 0
  }

  /// A batch begins, whose frames are sent at `cost`.
  func begin(_ cost: FrameCost) {
    self.cost = cost
    now = MonotonicClock.nanoseconds
    charged = 0
    if now >= epochEnd {
      epochEnd = now + Self.patience
      (leastBefore, leastNow) = (leastNow, threshold)
      settled = min(leastBefore, leastNow)
    }
    follow()
  }

  /// The batch is sent; `units` of RATE_LIMIT went out.
  func end(units: Int64) {
    now = MonotonicClock.nanoseconds
    limiter.sent?.take(units - charged, now)
    limiter.merge(&tally, now: now)
  }

  /// Whether a frame of flow `hash` (nil: of none) may be sent.
  func admits(_ frame: InnerFrame, _ packet: IPPacket?, _ hash: UInt32?, _ flow: FlowHash) -> Bool {
    let units = limiter.rate.map { cost.units(frame.byteCount, $0.unit) } ?? 0
    if let hash {
      guard UInt64(hash) < threshold else { return false }
      tally.add(hash, units: units, byteCount: frame.byteCount)
      if UInt64(hash) >= settled, !hasJoined(frame.packetBytes, packet, hash, flow) { return false }
    }
    guard let bucket = limiter.sent else { return true }
    var left = bucket.left(now)
    if left < bucket.reserve {
      now = MonotonicClock.nanoseconds
      left = bucket.left(now)
    }
    if left >= bucket.reserve {
      softLevel = bucket.reserve
    } else if left <= 0 || left < softLevel {
      guard mayGo(hash, left) else { return false }
    }
    bucket.take(units, now)
    charged += units
    return true
  }

  /// With little in the bucket: sheds flows. What is of no flow waits for nobody.
  private func mayGo(_ hash: UInt32?, _ left: Int64) -> Bool {
    guard let hash else { return left > 0 }
    if left > 0 {
      softLevel = left / 2
      limiter.cut(&tally, now: now)
    } else {
      limiter.cut(below: hash, now: now)
    }
    follow()
    return UInt64(hash) < threshold
  }

  /// Keeps to the share as it is now.
  private func follow() {
    let wanted = limiter.share.threshold
    guard wanted != threshold else { return }
    if wanted < threshold { joins.removeAll(from: wanted) }
    threshold = wanted
    leastNow = min(leastNow, wanted)
    settled = min(leastBefore, leastNow)
  }

  /// Whether a frame beyond what is settled belongs to what has joined.
  private func hasJoined(_ bytes: RawSpan, _ packet: IPPacket?, _ hash: UInt32, _ flow: FlowHash) -> Bool {
    guard let packet, packet.upperProtocol == IPProtocol.tcp, !packet.isFragment else { return true }
    let start = packet.headerByteCount
    guard bytes.byteCount > start + TCPHeader.flags.offset else { return false }
    let flags = bytes.read(TCPHeader.flags, at: start)
    let second = UInt64(now / 1_000_000_000)
    if flags & (TCPHeader.syn | TCPHeader.ack) == TCPHeader.syn {
      return joins.insert(hash, key: flow.value, second: second)
    }
    let isClosing = flags & (TCPHeader.fin | TCPHeader.rst) != 0
    return joins.contains(hash, key: flow.value, second: second, isClosing: isClosing)
  }
}
