import TestSupport
import Testing
import Wire

@testable import Mirror

/// The share of flows that limits allow, with simulated clock and load.
@Suite struct FlowLimiterTests {
  /// 800 Mbit/s: 100 MB a second, 100,000 bytes a millisecond.
  private static let rate = RateLimit(800_000_000, .bits)
  private static let bytes = 100e6
  private static let allowance = rate.burst + rate.reserve

  @Test(arguments: [1.05, 1.5, 2, 10, 100], [30, 1_000])
  func manyFlowsConvergeAndStay(overload: Double, count: Int) {
    var random = SeededGenerator(seed: UInt64(overload * 100) + UInt64(count))
    var simulation = LimitSimulation(rate: Self.rate)
    simulation.flows = LimitSimulation.evenly(count, total: Self.bytes * overload, &random)
    simulation.run(milliseconds: 3_000)
    #expect(simulation.sent <= Self.bytes * 3 + Self.allowance * 1.05)
    simulation.forget()
    simulation.run(milliseconds: 10_000)
    #expect(simulation.sent <= Self.bytes * 10 + Self.allowance * 1.05)
    // A share that fits stays as it is: one flow more may be too much where there are few.
    let flow = Self.bytes * 10 * overload / Double(count)
    #expect(simulation.sent >= 0.7 * Self.bytes * 10 - 2 * flow, "\(simulation.sent)")
    if overload * 10 < Double(count) { #expect(simulation.shares.count <= 8, "\(simulation.shares)") }
  }

  /// What is shed is always the upper end of the hashes.
  @Test func flowsAreShedWhole() {
    var random = SeededGenerator(seed: 1401)
    var simulation = LimitSimulation(rate: Self.rate)
    simulation.flows = LimitSimulation.evenly(200, total: Self.bytes * 4, &random)
    simulation.run(milliseconds: 2_000)
    simulation.forget()
    simulation.run(milliseconds: 300)
    let whole = simulation.flows.filter { $0.lost == 0 }
    let absent = simulation.flows.filter { $0.sent == 0 }
    #expect(whole.count + absent.count >= 190)
    #expect(whole.map(\.hash).max() ?? 0 <= absent.map(\.hash).min() ?? .max)
    #expect(whole.count >= 30)
  }

  @Test(arguments: [1.5, 4, 50, 1_000]) func comesBackWithinTwoSeconds(overload: Double) {
    var random = SeededGenerator(seed: 1402)
    var simulation = LimitSimulation(rate: Self.rate)
    simulation.flows = LimitSimulation.evenly(500, total: Self.bytes * overload, &random)
    simulation.run(milliseconds: 3_000)
    #expect(!simulation.limiter.share.isAll)
    simulation.flows = LimitSimulation.evenly(500, total: Self.bytes * 0.2, &random)
    simulation.run(milliseconds: 1_800)
    #expect(simulation.limiter.share.isAll, "\(simulation.shares)")
    simulation.forget()
    simulation.run(milliseconds: 5_000)
    #expect(simulation.flows.allSatisfy { $0.lost == 0 })
  }

  /// One flow that is larger than the limit goes; those with smaller hashes never notice, and it costs little to look
  /// for it now and then.
  @Test(arguments: [false, true]) func anElephant(isTCP: Bool) {
    var random = SeededGenerator(seed: 1403)
    var simulation = LimitSimulation(rate: Self.rate)
    simulation.flows = LimitSimulation.evenly(100, total: Self.bytes * 0.3, &random)
    let elephant = UInt32(0x9000_0000)
    simulation.flows.append(
      LimitSimulation.Flow(hash: elephant, perMillisecond: Self.bytes * 0.01, waitsOnceShed: isTCP))
    simulation.run(milliseconds: 1_000)
    simulation.forget()
    simulation.run(milliseconds: 10_000)
    let small = simulation.flows.dropLast().filter { $0.hash < 0x8000_0000 }
    #expect(small.allSatisfy { $0.lost == 0 })
    #expect(small.count > 30)
    let offered = Self.bytes * 0.01 * 10_000
    #expect(simulation.flows.last!.sent < (isTCP ? 1 : 0.06 * offered))
    // Each look is a change and one back.
    #expect(simulation.shares.count < 80)
  }

  /// 2 Mbit/s in bursts under a limit of 10 Mbit/s loses nothing.
  @Test(arguments: [20, 100, 400]) func burstsBelowTheLimitPass(period: Int) {
    var simulation = LimitSimulation(rate: RateLimit(10_000_000, .bits))
    for _ in 0..<(20_000 / period) {
      // All of a period's bytes in one millisecond, from ten flows.
      simulation.flows = (0..<10).map {
        LimitSimulation.Flow(hash: UInt32($0) * 0x1999_9999, perMillisecond: Double(250 * period / 10))
      }
      simulation.run(milliseconds: 1)
      simulation.flows = []
      simulation.run(milliseconds: period - 1)
    }
    #expect(simulation.limiter.share.isAll && simulation.shares.count == 1)
    #expect(simulation.sent >= 20_000 * 249)
  }

  @Test func datagramsAreCountedOneByOne() {
    var random = SeededGenerator(seed: 1404)
    var simulation = LimitSimulation(rate: RateLimit(50_000, .datagrams))
    simulation.flows = (0..<200).map { _ in
      LimitSimulation.Flow(hash: UInt32(truncatingIfNeeded: random.next()), perMillisecond: 1)
    }
    simulation.run(milliseconds: 10_000)
    #expect(simulation.sent <= 50_000 * 10 + 6_250 + 1)
    #expect(simulation.sent >= 50_000 * 10 * 0.7)
  }

  @Test(arguments: [1.3, 3, 20]) func cpuTimeIsKeptAndComesBack(overload: Double) {
    var random = SeededGenerator(seed: 1405)
    var simulation = LimitSimulation(cores: 0.2)
    simulation.coresPerUnit = 0.2 * overload / Self.bytes
    simulation.flows = LimitSimulation.evenly(1_000, total: Self.bytes, &random)
    simulation.run(milliseconds: 2_000)
    #expect(simulation.limiter.cause == .cpu)
    simulation.forget()
    simulation.run(milliseconds: 5_000)
    let cores = simulation.sent / 5 * simulation.coresPerUnit
    #expect((0.12...0.2).contains(cores), "\(cores)")
    #expect(simulation.shares.count <= 6, "\(simulation.shares)")
    simulation.flows = LimitSimulation.evenly(100, total: Self.bytes * 0.01, &random)
    simulation.run(milliseconds: 1_900)
    #expect(simulation.limiter.share.isAll)
  }

  /// A connection that was shed waits where it is let in; it takes no CPU time of ours then, but the capture's. It does
  /// not stay for long.
  @Test func anElephantThatOnlyWaits() {
    var random = SeededGenerator(seed: 1407)
    var simulation = LimitSimulation(cores: 0.05)
    simulation.coresPerUnit = 0.25e-9
    simulation.flows = LimitSimulation.evenly(100, total: 20e6, &random)
    simulation.flows.append(
      LimitSimulation.Flow(hash: 0x9000_0000, perMillisecond: 2e6, waitsOnceShed: true))
    simulation.run(milliseconds: 2_000)
    simulation.forget()
    simulation.run(milliseconds: 10_000)
    #expect(simulation.captured < 0.1 * 2e6 * 10_000)
    #expect(simulation.flows.last!.sent == 0)
    #expect(simulation.flows.dropLast().filter { $0.hash < 0x8000_0000 }.allSatisfy { $0.lost == 0 })
  }

  /// The kernel holds the group up, though the limit is kept.
  @Test func throttlingShedsToo() {
    var random = SeededGenerator(seed: 1406)
    var simulation = LimitSimulation(cores: 0.5)
    simulation.coresPerUnit = 0.2 / Self.bytes
    simulation.flows = LimitSimulation.evenly(1_000, total: Self.bytes, &random)
    simulation.run(milliseconds: 1_000)
    #expect(simulation.limiter.share.isAll)
    simulation.isThrottled = true
    simulation.run(milliseconds: 300)
    #expect((0.05...0.6).contains(simulation.limiter.share.fraction))
    simulation.isThrottled = false
    simulation.run(milliseconds: 1_900)
    #expect(simulation.limiter.share.isAll)
  }

  /// Nothing to shed, nothing to divide by: any figures leave it standing.
  @Test func loadsWithoutFlows() {
    var simulation = LimitSimulation(rate: Self.rate, cores: 0.1)
    simulation.isThrottled = true
    simulation.run(milliseconds: 1_000)
    #expect(simulation.limiter.share.isAll)
    for now: Int64 in [0, 0, -5, 1_000_000_000] { simulation.limiter.tick(now: now, cores: 5, isThrottled: false) }
    simulation.limiter.cut(below: 0, now: 2_000_000_000)
    #expect(simulation.limiter.share.threshold == 0)
    simulation.isThrottled = false
    simulation.run(milliseconds: 3_000)
  }

  @Test func bandsAreInOrderAndHaveNoGaps() {
    #expect(FlowBands.start(of: 0) == 0 && FlowBands.start(of: FlowBands.count) == 1 << 32)
    #expect(FlowBands.band(of: .max) == FlowBands.count - 1)
    for band in 0..<FlowBands.count {
      let (start, end) = (FlowBands.start(of: band), FlowBands.start(of: band + 1))
      #expect(start < end)
      #expect(FlowBands.band(of: UInt32(start)) == band && FlowBands.band(of: UInt32(end - 1)) == band)
      if band >= 16 { #expect(Double(end - start) <= Double(start) / 8) }
    }
  }

  @Test func theBucketFillsAtItsRate() {
    let bucket = TokenBucket(RateLimit(80_000_000, .bits))
    #expect(bucket.left(1_000) == bucket.capacity)
    bucket.take(1_000_000, 0)
    #expect(bucket.left(0) == bucket.capacity - 100_000_000)
    #expect(bucket.left(60_000_000) == bucket.capacity - 40_000_000)
    #expect(bucket.left(1_000_000_000) == bucket.capacity)
    bucket.take(2_000_000, 1_000_000_000)
    #expect(bucket.left(1_000_000_000) < 0)
    bucket.take(-2_000_000, 1_000_000_000)
    #expect(bucket.left(1_000_000_000) == bucket.capacity)
    #expect(RateLimit(64_000, .bits).burst == 131_072 && RateLimit(10, .datagrams).burst == 128)
  }
}
