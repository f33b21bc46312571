internal import System
internal import Wire

/// Answers the probes of `check`: to where each came from, with a frame that is never longer, and no more than some a
/// second, so that nobody gains by having answers sent to somebody else.
struct ProbeResponder {
  /// A datagram that answers a probe.
  struct Answer: Sendable {
    /// The UDP payload.
    let bytes: [UInt8]
    /// Where it goes to.
    let address: SocketAddress
  }

  /// Answers a second, and at once after a pause.
  static let perSecond = 200
  /// The lowest port that is answered: below it are services, which might answer in turn.
  private static let lowestPort: UInt16 = 1_024

  private var answers: [Answer] = []
  /// Answers that may be given now, in nanoseconds of a second's worth.
  private var credit: Int64 = 1_000_000_000
  private var lastTime = MonotonicClock.nanoseconds

  /// Takes a probe.
  ///
  /// - Parameters:
  ///   - probe: what came, and its VNI.
  ///   - byteCount: bytes of its UDP payload.
  ///   - sender: where it came from; nil if that is not known.
  ///   - isTaken: whether frames of its VNI are taken.
  ///   - now: nanoseconds of `MonotonicClock`.
  mutating func take(
    _ probe: (frame: ProbeFrame, vni: UInt32), byteCount: Int, from sender: SocketAddress?, isTaken: Bool,
    now: Int64 = MonotonicClock.nanoseconds
  ) {
    guard probe.frame.kind == .probe, let sender, sender.port >= Self.lowestPort, spend(now) else { return }
    let packet = UInt16(clamping: byteCount + sender.overhead)
    let answer = ProbeFrame(answering: probe.frame, packetByteCount: packet, isTaken: isTaken)
    answers.append(Answer(bytes: answer.datagram(vni: probe.vni), address: sender))
  }

  /// The answers to what was taken since the last call.
  mutating func takeAnswers() -> [Answer] {
    guard !answers.isEmpty else { return [] }
    defer { answers = [] }
    return answers
  }

  /// Takes one answer's worth; false if it is used up.
  private mutating func spend(_ now: Int64) -> Bool {
    credit = min(1_000_000_000, credit + max(0, now - lastTime))
    lastTime = now
    let price = 1_000_000_000 / Int64(Self.perSecond)
    guard credit >= price else { return false }
    credit -= price
    return true
  }
}
