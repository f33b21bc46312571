import Capture
import System
import TestSupport
import Testing
import Transport

@testable import Mirror

/// Flows that somebody crafted to meet in the shared hash, on their way through the pipeline.
@Suite(.timeLimit(.minutes(1))) struct FlowSpreadTests {
  private let frames = CraftedFlows.addresses(count: 64).map { TestFrame(ethernet($0)) }

  private func sourcePorts(_ rig: Rig) throws -> [Set<UInt16>] {
    try Rig.withBatch(frames, isWritable: true) { rig.pipeline.consume($0) }
    var left = frames.count
    let datagrams = rig.sinks.map { sink in
      let received = sink.receive(left, patience: left == frames.count && rig.sinks.count > 1 ? 300 : 3_000)
      left -= received.count
      return received
    }
    try #require(left == 0)
    return datagrams.map { Set($0.map(\.sourcePort)) }
  }

  /// What only spreads load cannot be aimed at: 64 flows leave from all 4 ports, but for one chance in 20 million.
  @Test func flowsSpreadOverAllLanes() throws {
    #expect(try sourcePorts(Rig(lanes: 4)).map(\.count) == [4])
  }

  /// Where forwarders must agree, all of them see one flow hash: one collector of two gets all.
  @Test func paths() throws {
    let counts = try sourcePorts(Rig(collectors: 2, lanes: 4)).map(\.count).sorted()
    #expect(counts == [0, 4])
  }
}
