import Synchronization
import TestSupport
import Testing

@testable import Mirror

/// `--until-packets` is exact: not a frame too many, whatever the batches and however many workers.
@Suite struct PacketQuotaTests {
  private let frame = TestFrame(ethernet(ipv4(17, udpDatagram(.v4, [1, 2, 3]))))

  /// Counts how often the end was told.
  private final class Ends: Sendable {
    private let count = Atomic(0)
    var all: Int { count.load(ordering: .relaxed) }
    func note() { count.wrappingAdd(1, ordering: .relaxed) }
  }

  @Test(arguments: [1, 2, 9, 10, 11, 25, 30]) func thePipelineStopsAtIt(_ limit: Int) throws {
    let ends = Ends()
    let rig = try Rig(quota: PacketQuota(Int64(limit)) { ends.note() })
    for batch in 1...3 {
      try Rig.withBatch(Array(repeating: frame, count: 10), isWritable: true) { rig.pipeline.consume($0) }
      #expect(rig.counters.send.forwardedFrames == UInt64(min(10 * batch, limit)))
      #expect(ends.all == (10 * batch >= limit ? 1 : 0))
    }
    // What came too late is in no counter.
    #expect(rig.counters.capture.captured == UInt64(limit) && rig.counters.isBalanced)
  }

  /// Frames that are not forwarded do not count; those behind them in the same batch take their place.
  @Test func onlyWhatIsForwardedCounts() throws {
    let ends = Ends()
    let rig = try Rig(mtu: 600, oversize: .drop, quota: PacketQuota(6) { ends.note() })
    let large = TestFrame(ethernet(ipv4(17, udpDatagram(.v4, [UInt8](repeating: 0, count: 900)))))
    let frames = (0..<20).map { $0 % 2 == 0 ? large : frame }
    try Rig.withBatch(frames, isWritable: true) { rig.pipeline.consume($0) }
    #expect(rig.counters.send.forwardedFrames == 6 && ends.all == 1)
    #expect(rig.counters.capture.captured == 12 && rig.counters.capture.droppedOversize == 6 && rig.counters.isBalanced)
  }

  /// Claims of several threads, a third of which is given back, never exceed it, and the end is told once.
  @Test func threadsShareIt() async {
    let ends = Ends()
    let limit = 100_000
    let quota = PacketQuota(Int64(limit)) { ends.note() }
    let forwarded = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var sum = 0
          // The last ones may be in another's hands for a moment.
          for turn in 0..<200_000 where ends.all == 0 {
            let claimed = quota.claim(1 + turn % 100)
            guard claimed > 0 else { continue }
            let used = claimed - claimed / 3
            quota.settle(claimed: claimed, forwarded: used)
            sum += used
          }
          return sum
        }
      }
      return await group.reduce(0, +)
    }
    #expect(forwarded == limit && ends.all == 1)
    #expect(quota.claim(1) == 0)
  }
}
