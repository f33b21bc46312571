import Foundation
import TestSupport
import Testing

@testable import Capture

/// libpcap's reader: frames come once, in order, whole, in memory that may be written where it says so.
@Suite struct CaptureFileTests {
  private final class Collector: FrameConsumer {
    struct Frame: Equatable {
      var bytes: [UInt8]
      var headroom: Int
    }

    private(set) var frames: [Frame] = []
    private(set) var batches: [Int] = []

    func consume(_ batch: borrowing FrameBatch) {
      batches.append(batch.count)
      for index in 0..<batch.count {
        let frame = batch[index]
        frames.append(Frame(bytes: frame.bytes.withUnsafeBytes { Array($0) }, headroom: frame.headroom))
        // What is allowed is done, so that memory shared by mistake shows.
        guard frame.headroom > 0 else { continue }
        let start = frame.start - frame.headroom
        UnsafeMutableRawBufferPointer(start: start, count: frame.headroom + frame.byteCount)
          .initializeMemory(as: UInt8.self, repeating: 0xEE)
      }
    }
  }

  private func read(_ frames: [[UInt8]], filter: String = "") throws -> Collector {
    let word = { (value: Int) in withUnsafeBytes(of: UInt32(value).littleEndian) { Array($0) } }
    var file = hex("D4C3B2A1 0200 0400 00000000 00000000") + word(262_144) + word(1)
    for frame in frames { file += word(0) + word(0) + word(frame.count) + word(frame.count) + frame }
    let path = NSTemporaryDirectory() + "capture-tests-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(file).write(to: URL(fileURLWithPath: path))
    let collector = Collector()
    try CaptureFile.read(path, filter: filter, into: collector)
    return collector
  }

  /// More frames than a batch holds, and more bytes than the slab.
  @Test func inOrder() throws {
    var random = SeededGenerator(seed: 131)
    let frames = (0..<5_000).map { number in
      bigEndian(UInt32(number)) + random.bytes(random.chance(100) ? random.int(14...16_380) : random.int(10...600))
    }
    let collector = try read(frames)
    #expect(collector.frames.map(\.bytes) == frames)
    #expect(collector.frames.allSatisfy { $0.headroom >= 22 })
    #expect(collector.batches.allSatisfy { (1...FrameBatch.capacity).contains($0) })
  }

  /// At most 16,384 bytes are copied; longer frames are libpcap's and may not be written, nor outlive its callback.
  @Test func longFrames() throws {
    var random = SeededGenerator(seed: 132)
    let frames = [100, 16_384, 16_385, 100, 65_000, 250_000, 100].map { random.bytes($0) }
    let collector = try read(frames)
    #expect(collector.frames.map(\.bytes) == frames)
    #expect(collector.frames.map { $0.headroom > 0 } == frames.map { $0.count <= 16_384 })
    #expect(collector.batches == [3, 2, 1, 1])
  }

  @Test func nothingToReadGivesNoBatch() throws {
    #expect(try read([]).batches.isEmpty)
    #expect(try read([ethernet(ipv4(1, []))], filter: "tcp").batches.isEmpty)
  }

  @Test func aFilterThatMakesNoSense() {
    #expect(throws: CaptureError.self) { try read([], filter: "tcp and") }
  }
}
