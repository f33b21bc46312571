@testable import Capture

/// A hot ring and a reserve in one roll-over group, cores that put frames there, and a reader: frames of a flow come
/// from one core at a time, as the kernel has it.
final class SimulatedCapture {
  let hot: SimulatedRing
  let reserve: SimulatedRing
  private(set) var sent = 0
  private var reader: RingReader
  private let consumer = Collecting()
  private let clock: SimulatedClock
  /// rollover->sock of member 0: the reserve is 0, the hot ring 1.
  private var preferred = 0
  private var numbers: [Int: Int] = [:]

  private final class Collecting: FrameConsumer {
    var frames: [SimulatedFrame] = []

    func consume(_ batch: borrowing FrameBatch) {
      for index in 0..<batch.count { frames.append(SimulatedFrame(batch[index])) }
    }
  }

  /// - Parameter prefersHot: whether the reserve has been shown full; else the kernel stays with a ring until that is
  ///   full.
  init(hotBlocks: Int, reserveBlocks: Int, framesPerBlock: Int, prefersHot: Bool) {
    let clock = SimulatedClock()
    self.clock = clock
    let size = 48 + framesPerBlock * 160 + 8
    hot = SimulatedRing(blockByteCount: size, blockCount: hotBlocks, clock: clock)
    reserve = SimulatedRing(blockByteCount: size, blockCount: reserveBlocks, clock: clock)
    if prefersHot {
      reserve.isUnderPressure = true
      preferred = 1
    }
    reader = RingReader(
      hot: hot.blocks, reserve: reserve.blocks, isSteered: prefersHot, patience: .max, wallClock: clock.next)
  }

  var dropped: Int { hot.dropped + reserve.dropped }
  var delivery: [SimulatedFrame] { consumer.frames }
  var reserveTaken: UInt64 { reader.reserve.taken }
  /// How full the rings are, as the reader saw it.
  var use: (hot: RingUse, reserve: RingUse) { (reader.hot.use, reader.reserve.use) }

  /// A core begins to capture the next frame of a flow.
  func begin(flow: Int, core: Int, isStampedOnArrival: Bool = false, isDescribed: Bool = true) {
    numbers[flow, default: 0] += 1
    sent += 1
    let frame = SimulatedFrame(
      flow: flow, number: numbers[flow]!, arrival: isStampedOnArrival ? clock.next() : nil, isDescribed: isDescribed)
    ring().begin(frame, core: core)
  }

  /// fanout_demux_rollover.
  private func ring() -> SimulatedRing {
    let members = [reserve, hot]
    var index = preferred
    repeat {
      if !members[index].isUnderPressure, members[index].hasRoom() {
        preferred = index
        return members[index]
      }
      index = (index + 1) % members.count
    } while index != preferred
    return members[0]
  }

  func finish(core: Int) {
    hot.finish(core: core)
    reserve.finish(core: core)
  }

  func isBusy(core: Int) -> Bool { hot.open[core] != nil || reserve.open[core] != nil }

  /// The reader's thread runs.
  func turn() {
    hot.poll()
    if !reader.isSteered { reserve.poll() }
    _ = reader.consumeBlocks(into: consumer)
  }

  /// Everything comes to rest.
  func settle(cores: Int) {
    for core in 0..<cores { finish(core: core) }
    for _ in 0..<200 where delivery.count + dropped < sent || !hot.isGivenBack || !reserve.isGivenBack {
      hot.expire()
      reserve.expire()
      turn()
    }
  }

  /// The first frame that comes before an older one of its flow.
  var firstInversion: SimulatedFrame? {
    var last: [Int: Int] = [:]
    for frame in delivery {
      guard frame.number > last[frame.flow, default: 0] else { return frame }
      last[frame.flow] = frame.number
    }
    return nil
  }
}
