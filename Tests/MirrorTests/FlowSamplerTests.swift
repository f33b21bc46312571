import TestSupport
import Testing

@testable import Mirror

/// Which flows carry most, in windows of a second.
@Suite struct FlowSamplerTests {
  private final class Sampling {
    private var sampler = FlowSampler(now: 0)

    func take(_ frames: [TestFrame]) throws {
      try Rig.withBatch(frames, isWritable: true) { sampler.take($0) }
    }

    func window(_ now: Int64) -> [FlowSampler.Share]? {
      sampler.takeWindow(now: now)?.sorted { $0.bytesPerSecond > $1.bytesPerSecond }
    }
  }

  /// A UDP frame from a port; `byteCount` is that of the frame on the wire.
  private func frame(port: UInt16, byteCount: Int) -> TestFrame {
    var frame = TestFrame(
      ethernet(ipv4(.v4, 17, udpDatagram(.v4, from: port, [UInt8](repeating: 7, count: 40)))))
    frame.wireByteCount = byteCount
    return frame
  }

  @Test func bytesAreThoseOfTheWirePerSecond() throws {
    let sampling = Sampling()
    try sampling.take([
      frame(port: 1, byteCount: 1_000), frame(port: 2, byteCount: 3_000), frame(port: 1, byteCount: 500),
    ])
    #expect(sampling.window(999_999_999) == nil)
    let shares = try #require(sampling.window(2_000_000_000))
    #expect(shares.map(\.bytesPerSecond) == [1_500, 750])
    #expect(shares.map { $0.name.description.contains(":2 > ") } == [true, false])
    #expect(try #require(sampling.window(3_000_000_000)).isEmpty, "a new window begins empty")
  }

  /// Of large batches some frames stand for all.
  @Test func samplesStandForTheirNeighbours() throws {
    let sampling = Sampling()
    for _ in 0..<50 {
      try sampling.take((0..<1_000).map { frame(port: $0 % 4 == 0 ? 1 : 2, byteCount: 100) })
    }
    let shares = try #require(sampling.window(1_000_000_000))
    #expect((3_300_000...4_200_000).contains(shares[0].bytesPerSecond), "\(shares[0])")
    #expect((800_000...1_700_000).contains(shares[1].bytesPerSecond), "\(shares[1])")
  }

  /// Ever more flows take no more memory, and those that carry most stay.
  @Test func aFloodOfFlowsDoesNotHideTheLargeOnes() throws {
    let sampling = Sampling()
    for round in 0..<200 {
      try sampling.take((0..<10).map { frame(port: UInt16(1_000 + round * 10 + $0), byteCount: 100) })
      try sampling.take([frame(port: 7, byteCount: 60_000)])
    }
    let shares = try #require(sampling.window(1_000_000_000))
    #expect(shares.count <= 128)
    #expect(shares[0].name.description.contains(":7 > ") && shares[0].bytesPerSecond >= 12_000_000)
  }
}
