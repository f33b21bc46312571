import Logging

/// What the log says of flows that are shed: when it begins, when the share has changed much, and when it is over.
struct LimitWords {
  /// Milliseconds between two lines about a share that changes.
  static let silence: Int64 = 10_000
  /// Milliseconds for which every flow must have been let in until it is over.
  static let calm: Int64 = 2_000
  /// A share that has become so many times larger or smaller has changed much.
  static let much = 2.0

  private var said: (share: Double, time: Int64)?
  private var start: Int64 = 0
  private var allSince: Int64?

  /// Looks at the share, 0 ... 1, that the limits let in now (milliseconds that never go back).
  ///
  /// - Returns: what there is to say.
  mutating func line(share: Double, because setting: String, now: Int64) -> TroubleWatch.Line? {
    guard share < 1 else { return rest(setting, now) }
    allSince = nil
    guard let said else {
      (self.said, start) = ((share, now), now)
      return TroubleWatch.Line(
        level: .warning, text: "\(setting) is reached: \(Self.percent(share)) of the flows are mirrored")
    }
    let ratio = max(share, 1e-9) / max(said.share, 1e-9)
    guard now - said.time >= Self.silence, ratio >= Self.much || ratio <= 1 / Self.much else { return nil }
    self.said = (share, now)
    return TroubleWatch.Line(
      level: .warning, text: "\(setting) is reached still: \(Self.percent(share)) of the flows are mirrored")
  }

  private mutating func rest(_ setting: String, _ now: Int64) -> TroubleWatch.Line? {
    guard said != nil else { return nil }
    let since = allSince ?? now
    allSince = since
    guard now - since >= Self.calm else { return nil }
    said = nil
    return TroubleWatch.Line(
      level: .notice, text: "all flows are let in again, after \((since - start + 500) / 1_000) s of \(setting)")
  }

  private static func percent(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded())
    return hundredths % 100 == 0
      ? "\(hundredths / 100) %" : "\(hundredths / 100).\(String(100 + hundredths % 100).dropFirst()) %"
  }
}
