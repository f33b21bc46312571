import TestSupport
import Testing

@testable import Capture

/// Two rings, and one order of frames: within a flow that of the kernel, whatever block opens, closes or rolls over
/// when.
@Suite struct RingMergeTests {
  /// What may happen between two moments.
  private enum Event: CaseIterable {
    case frame, frameOfAnotherCore, hotTimer, reserveTimer, turn
  }

  /// Every sequence of five events, from every fill of a hot ring that holds seven frames.
  @Test(arguments: 0...9) func everyInterleaving(fill: Int) {
    let depth = 5
    let kinds = Event.allCases.count
    let count = (0..<depth).reduce(1) { product, _ in product * kinds }
    var reserved: UInt64 = 0
    for sequence in 0..<count {
      let capture = SimulatedCapture(hotBlocks: 4, reserveBlocks: 16, framesPerBlock: 2, prefersHot: true)
      for _ in 0..<fill { send(capture, flow: 1, core: 0) }
      var rest = sequence
      for _ in 0..<depth {
        switch Event.allCases[rest % kinds] {
        case .frame: send(capture, flow: 1, core: 0)
        case .frameOfAnotherCore: send(capture, flow: 2, core: 1)
        case .hotTimer: capture.hot.expire()
        case .reserveTimer: capture.reserve.expire()
        case .turn: capture.turn()
        }
        rest /= kinds
      }
      capture.settle(cores: 2)
      guard capture.firstInversion == nil, capture.delivery.count == capture.sent, capture.dropped == 0 else {
        Issue.record("sequence \(sequence): \(capture.delivery.map { "\($0.flow).\($0.number)" })")
        return
      }
      reserved += capture.reserveTaken
    }
    if fill == 9 { #expect(reserved > count) } else if fill == 0 { #expect(reserved == 0) }
  }

  /// Cores that overlap, stamps on arrival, frames without a description, and a reader that stands still now and then.
  @Test(arguments: 0..<60) func anyInterleaving(seed: Int) {
    var random = SeededGenerator(seed: UInt64(4_711 + seed))
    let cores = random.int(1...4)
    let hasEarlyStamps = seed % 3 == 1
    let capture = SimulatedCapture(
      hotBlocks: random.int(4...8), reserveBlocks: 32, framesPerBlock: random.int(2...9), prefersHot: seed % 2 == 0)
    let flowsOfCore = 3
    // A flow moves to another core only between two frames.
    var shift = 0
    var stall = 0
    for _ in 0..<3_000 {
      let core = random.int(0...cores - 1)
      switch random.int(0...9) {
      case 0...5:
        if capture.isBusy(core: core) {
          capture.finish(core: core)
        } else {
          let flow = (core + shift) % cores * flowsOfCore + random.int(0...flowsOfCore - 1)
          capture.begin(
            flow: flow, core: core, isStampedOnArrival: hasEarlyStamps, isDescribed: !random.chance(40))
        }
      case 6: capture.hot.expire()
      case 7: capture.reserve.expire()
      case 8 where stall > 0: stall -= 1
      case 8:
        capture.turn()
        if random.chance(8) { stall = random.int(1...30) }
      default:
        guard random.chance(20) else { continue }
        for core in 0..<cores { capture.finish(core: core) }
        shift += 1
      }
    }
    capture.settle(cores: cores)
    #expect(capture.firstInversion == nil)
    #expect(capture.delivery.count + capture.dropped == capture.sent)
    #expect(capture.reserveTaken > 0)
    #expect(capture.hot.isGivenBack && capture.reserve.isGivenBack)
  }

  /// What finds no room in the hot ring is not lost as long as the reserve has any: also not the frame that ends the
  /// last block.
  @Test func aPauseIsBridgedToTheEndOfTheReserve() {
    let capture = SimulatedCapture(hotBlocks: 4, reserveBlocks: 16, framesPerBlock: 7, prefersHot: true)
    // Three blocks of the hot ring, the frame that ends the third, and sixteen blocks of the reserve.
    for _ in 0..<(3 * 7 + 1 + 16 * 7) { send(capture, flow: 1, core: 0) }
    #expect(capture.dropped == 0)
    send(capture, flow: 1, core: 0)
    #expect(capture.dropped == 1)
    capture.settle(cores: 1)
    #expect(capture.firstInversion == nil)
    #expect(capture.reserveTaken == 16 * 7)
    // As of the reader's next look.
    capture.turn()
    #expect(capture.use.hot.peakByteCount == capture.use.hot.byteCount)
    #expect(capture.use.reserve.peakByteCount == capture.use.reserve.byteCount)
    #expect(capture.use.hot.usedByteCount == 0 && capture.use.reserve.usedByteCount == 0)
    // The kernel comes back by itself.
    let reserved = capture.reserveTaken
    for _ in 0..<14 { send(capture, flow: 1, core: 0) }
    capture.settle(cores: 1)
    #expect(capture.reserveTaken == reserved)
    #expect(capture.delivery.count == capture.sent - 1)
  }

  private func send(_ capture: SimulatedCapture, flow: Int, core: Int) {
    capture.begin(flow: flow, core: core)
    capture.finish(core: core)
  }
}
