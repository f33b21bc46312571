internal import System
internal import Wire

/// Answers the probes of `check` and of `failover`: to where each came from, with a frame that is never longer, and no more than some a
/// second, so that nobody gains by having answers sent to somebody else.
struct ProbeResponder {
  /// Answers a second, and at once after a pause.
  static let perSecond = 2_000
  /// The lowest port that is answered: below it are services, which might answer in turn.
  private static let lowestPort: UInt16 = 1_024

  /// Answers that may be sent now, in nanoseconds of a second's worth.
  private var credit: Int64 = 1_000_000_000
  private var lastTime = MonotonicClock.nanoseconds

  /// The datagram that answers a probe.
  ///
  /// - Parameters:
  ///   - probe: what came, and its VNI.
  ///   - byteCount: bytes of its UDP payload.
  ///   - sender: where it came from.
  ///   - port: the port there.
  ///   - isTaken: whether frames of its VNI are wanted.
  ///   - now: nanoseconds of `MonotonicClock`.
  /// - Returns: nil for one that is not to be answered.
  mutating func answer(
    _ probe: (frame: ProbeFrame, vni: UInt32), byteCount: Int, to sender: SenderAddress, port: UInt16, isTaken: Bool,
    now: Int64 = MonotonicClock.nanoseconds
  ) -> [UInt8]? {
    guard probe.frame.kind == .probe, port >= Self.lowestPort, spend(now) else { return nil }
    let packet = UInt16(clamping: byteCount + sender.at(port: port).overhead)
    return ProbeFrame(answering: probe.frame, packetByteCount: packet, isTaken: isTaken)
      .datagram(vni: probe.vni)
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
