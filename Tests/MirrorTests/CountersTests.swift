import TestSupport
import Testing
import Transport

@testable import Mirror

@Suite struct CountersTests {
  private func random(_ random: inout SeededGenerator) -> Counters {
    var counters = Counters()
    withUnsafeMutableBytes(of: &counters) { bytes in
      for offset in stride(from: 0, to: bytes.count, by: 8) {
        bytes.storeBytes(of: UInt64(random.int(0...1_000_000)), toByteOffset: offset, as: UInt64.self)
      }
    }
    return counters
  }

  private func words(_ counters: Counters) -> [UInt64] {
    withUnsafeBytes(of: counters) { Array($0.bindMemory(to: UInt64.self)) }
  }

  @Test func sumsAndDifferencesOfEveryCounter() {
    var generator = SeededGenerator(seed: 41)
    let one = random(&generator)
    let other = random(&generator)
    #expect(words(one + other) == zip(words(one), words(other)).map { $0 + $1 })
    #expect(words((one + other) - other) == words(one))
    #expect(words(one - one).allSatisfy { $0 == 0 })
    #expect(words(Counters()).allSatisfy { $0 == 0 })
    // Named ones, so that a layout that is not what it seems would show.
    #expect((one + other).capture.captured == one.capture.captured + other.capture.captured)
    #expect((one + other).kernelDropped == one.kernelDropped + other.kernelDropped)
    #expect((one + other).send.droppedFrames[135] == one.send.droppedFrames[135] + other.send.droppedFrames[135])
  }

  /// The identity misses no way a frame can end, and counts none twice.
  @Test func everyFrameIsInOneCounter() {
    var counters = Counters()
    #expect(counters.isBalanced)
    let ways: [WritableKeyPath<Counters, UInt64>] = [
      \.send.forwardedFrames, \.capture.droppedOversize, \.capture.droppedRate, \.capture.droppedSample,
      \.capture.droppedNoDestination, \.capture.withheldEncrypted, \.capture.withheldDepth,
      \.capture.withheldOtherSide,
    ]
    for way in ways {
      counters[keyPath: way] += 3
      #expect(!counters.isBalanced)
      counters.capture.captured += 3
      #expect(counters.isBalanced)
    }
    counters.send.addDropped(2, code: 111)
    counters.send.addDropped(1, code: 90)
    #expect(counters.droppedSend == 3)
    #expect(!counters.isBalanced)
    counters.capture.captured += 3
    #expect(counters.isBalanced)
    // What the kernel dropped was never captured.
    counters.kernelDropped = 9
    #expect(counters.isBalanced)
  }

  /// Codes that have no slot share the last one.
  @Test(arguments: [(CInt(-1), 0), (0, 0), (134, 134), (135, 135), (136, 135), (4_000, 135)])
  func errnoSlots(code: CInt, slot: Int) {
    var counters = SendCounters()
    counters.addDropped(5, code: code)
    #expect(counters.droppedFrames[slot] == 5)
  }
}
