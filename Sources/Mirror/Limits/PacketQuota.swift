import Synchronization

/// How many frames are still to be forwarded before mirroring ends (`--until-packets`), for all workers together.
///
/// Frames are asked for before they are looked at, and given back where they were not forwarded, so that no worker forwards one
/// too many. What is left when all are given out is not looked at: to whoever counts, it came too late.
package final class PacketQuota: Sendable {
  private let unclaimed: Atomic<Int64>
  private let missing: Atomic<Int64>
  private let reached: @Sendable () -> Void

  /// A quota of `count` frames; `reached` is called once, on the capture thread that forwards the last of them.
  package init(_ count: Int64, reached: @escaping @Sendable () -> Void) {
    unclaimed = Atomic(count)
    missing = Atomic(count)
    self.reached = reached
  }

  /// Claims up to `count` frames.
  ///
  /// - Returns: how many may be looked at.
  func claim(_ count: Int) -> Int {
    var left = unclaimed.load(ordering: .relaxed)
    while left > 0 {
      let claimed = min(left, Int64(count))
      let (isDone, now) = unclaimed.compareExchange(
        expected: left, desired: left - claimed, ordering: .relaxed)
      if isDone { return Int(claimed) }
      left = now
    }
    return 0
  }

  /// Of `claimed` frames so many were `forwarded`, at most as many.
  func settle(claimed: Int, forwarded: Int) {
    if forwarded < claimed { unclaimed.wrappingAdd(Int64(claimed - forwarded), ordering: .relaxed) }
    guard forwarded > 0 else { return }
    if missing.wrappingSubtract(Int64(forwarded), ordering: .relaxed).newValue == 0 { reached() }
  }
}
