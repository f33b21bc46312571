/// Whether frames to one address seem to arrive: what the kernel and the network say of them, and the collector, where it
/// is one of ours and answers probes. Times are milliseconds of `MonotonicClock`.
struct AddressHealth {
  /// Milliseconds for which errors have to come before they count: one of a moment is a receiver that starts again.
  private static let leastTrouble: Int64 = 2_000
  /// Probes in a row without an answer, where there were answers before, after which nobody is there.
  private static let mostUnanswered = 3

  private var firstError: Int64?
  private var lastError: Int64?
  private var isOurs = false
  private var unanswered = 0
  /// Since when nothing has been wrong; nil: always.
  private(set) var wellSince: Int64?

  /// What a look has found: whether there were errors since the last, whether a probe was answered, and whether one has
  /// been sent.
  struct Look {
    var hasErrors = false
    var isAnswered = false
    var isProbed = false
  }

  /// Takes in a look. Errors that are `memory` old are forgotten.
  mutating func take(_ look: Look, now: Int64, memory: Int64) {
    if look.isAnswered {
      isOurs = true
      unanswered = 0
    }
    if look.isProbed { unanswered += 1 }
    if look.hasErrors {
      if lastError.map({ now - $0 >= memory }) ?? true { firstError = now }
      lastError = now
    }
    if look.hasErrors || isSilent { wellSince = now }
  }

  private var isSilent: Bool { isOurs && unanswered > Self.mostUnanswered }

  /// Why frames do not arrive; nil if they seem to.
  func trouble(now: Int64, memory: Int64) -> Trouble? {
    if isSilent { return .silent }
    guard let firstError, let lastError, now - lastError < memory else { return nil }
    return lastError - firstError >= Self.leastTrouble ? .errors : nil
  }

  /// Why frames do not arrive.
  enum Trouble: Equatable {
    /// Sends fail, or are answered by ICMP errors.
    case errors
    /// It has answered probes, and does not any more.
    case silent
  }
}
