import System
import TestSupport
import Testing
import Wire

@testable import Transport

@Suite struct FlowBalancerTests {
  private func paths(_ count: Int) throws -> [CollectorPath] {
    try (1...count).map { number in
      let address = try #require(SocketAddress(numeric: "127.0.0.\(number)", port: 4789))
      return try CollectorPath(to: address, sourcePortCount: 1)
    }
  }

  private func flows(_ seed: UInt64, _ count: Int = 1_000) -> [FlowHash] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in FlowHash(value: random.next()) }
  }

  /// The address each flow goes to.
  private func assignment(_ flows: [FlowHash], _ balancer: FlowBalancer, _ set: CollectorSet) -> [SocketAddress] {
    flows.map { set.paths[balancer.path(of: $0)].address }
  }

  private func counts(_ assignment: [SocketAddress]) -> [SocketAddress: Int] {
    assignment.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// Within ten percent of even; what goes away moves its own flows only, and they too are shared out evenly.
  @Test(arguments: UInt64(1)...10) func removingOneMovesOnlyItsFlows(seed: UInt64) throws {
    let all = try paths(5)
    let set = CollectorSet(all, mode: .balance)
    let balancer = FlowBalancer(set)
    let flows = flows(seed)
    let before = assignment(flows, balancer, set)
    #expect(counts(before).count == 5)
    #expect(counts(before).values.allSatisfy { (180...220).contains($0) }, "\(counts(before))")

    let gone = Int(seed) % 5
    let rest = CollectorSet(all.enumerated().filter { $0.offset != gone }.map(\.element), mode: .balance)
    balancer.change(to: rest)
    let after = assignment(flows, balancer, rest)
    for (old, new) in zip(before, after) where old != all[gone].address { #expect(old == new) }
    #expect(counts(after).count == 4)
    #expect(counts(after).values.allSatisfy { (225...275).contains($0) }, "\(counts(after))")
  }

  /// One that comes takes flows, and no flow moves between the others.
  @Test func addingOneMovesFlowsToItOnly() throws {
    let all = try paths(5)
    let four = CollectorSet(Array(all.prefix(4)), mode: .balance)
    let balancer = FlowBalancer(four)
    let flows = flows(11)
    let before = assignment(flows, balancer, four)
    let set = CollectorSet(all, mode: .balance)
    balancer.change(to: set)
    let after = assignment(flows, balancer, set)
    for (old, new) in zip(before, after) where old != new { #expect(new == all[4].address) }
    #expect((100...300).contains(counts(after)[all[4].address] ?? 0))
  }

  /// A flow stays where it is however often it is asked for, and whatever comes between.
  @Test func aFlowStays() throws {
    let set = CollectorSet(try paths(3), mode: .balance)
    let balancer = FlowBalancer(set)
    let flows = flows(12, 5_000)
    let first = assignment(flows, balancer, set)
    #expect(assignment(flows, balancer, set) == first)
    balancer.change(to: set)
    #expect(assignment(flows.reversed(), balancer, set) == first.reversed())
  }

  /// No address for a while, as when a name is taken out of DNS by mistake, must not trap.
  @Test func nobodyForAWhile() throws {
    let set = CollectorSet(try paths(2), mode: .balance)
    let balancer = FlowBalancer(set)
    let flows = flows(13, 100)
    _ = assignment(flows, balancer, set)
    balancer.change(to: CollectorSet([], mode: .balance))
    balancer.change(to: set)
    #expect(Set(assignment(flows, balancer, set)).count == 2)
  }
}
