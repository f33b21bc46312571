internal import Synchronization

/// Which frames are wanted.
public struct ReceivePlan: Sendable {
  /// The only VNIs; none is all.
  public var vnis: [UInt32]
  /// The only senders; none is all.
  public var senders: [SenderAddress]
  /// What the frames have to be.
  public var filter: InnerFilter?
  /// How many there may be, for all workers together.
  let budget: FrameBudget

  /// Everything, or less; `limit` frames at most.
  public init(
    vnis: [UInt32] = [], senders: [SenderAddress] = [], filter: InnerFilter? = nil, limit: UInt64? = nil
  ) {
    self.vnis = vnis
    self.senders = senders
    self.filter = filter
    budget = FrameBudget(limit)
  }
}

/// A number of frames that workers share.
final class FrameBudget: Sendable {
  private let left: Atomic<Int>
  private let isLimited: Bool

  /// `limit` frames; nil is without end.
  init(_ limit: UInt64?) {
    isLimited = limit != nil
    left = Atomic(Int(clamping: limit ?? 0))
  }

  /// Whether nothing is left.
  var isSpent: Bool { isLimited && left.load(ordering: .relaxed) <= 0 }

  /// Takes one frame off; false if there was none left.
  func spend() -> Bool {
    guard isLimited else { return true }
    return left.wrappingSubtract(1, ordering: .relaxed).oldValue > 0
  }
}
