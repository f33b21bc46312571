import Testing

@testable import Capture

/// How long the ring waits for more frames: by rate, and never for long where the ring would fill.
@Suite struct RingReaderTests {
  private static let millisecond: Int64 = 1_000_000

  @Test(arguments: [
    // Too few frames to be worth a delay.
    (frames: 127, blocks: 2, milliseconds: 10, wait: 0), (frames: 0, blocks: 0, milliseconds: 10, wait: 0),
    // 1,000 small frames in 10 ms fill little of the ring.
    (frames: 1_000, blocks: 3, milliseconds: 10, wait: 10),
    // An eighth of 64 blocks fills in 5 ms, in 2 ms, in less than is worth a wait.
    (frames: 2_000, blocks: 16, milliseconds: 10, wait: 5), (frames: 4_000, blocks: 40, milliseconds: 10, wait: 2),
    (frames: 9_000, blocks: 50, milliseconds: 10, wait: 0),
    // Super-frames, four to a block, fill their sends by themselves.
    (frames: 160, blocks: 40, milliseconds: 100, wait: 0),
    // After a silence.
    (frames: 200, blocks: 1, milliseconds: 60_000, wait: 10),
  ]) func wait(frames: Int, blocks: Int, milliseconds: Int64, wait: Int64) {
    let found = RingReader.wait(
      after: milliseconds * Self.millisecond, frames: frames, blocks: blocks, blockCount: 64)
    #expect(found == wait * Self.millisecond)
  }

  /// The first call counts from the start of the machine, and a ring may have many blocks.
  @Test func aLongTimeAndALargeRing() {
    #expect(RingReader.wait(after: .max, frames: 500, blocks: 1, blockCount: 1 << 20) == 10 * Self.millisecond)
    #expect(RingReader.wait(after: .min, frames: 500, blocks: 1, blockCount: 1 << 20) == 0)
    #expect(RingReader.wait(after: 10 * Self.millisecond, frames: 500, blocks: 1, blockCount: 2) == 0)
  }
}
