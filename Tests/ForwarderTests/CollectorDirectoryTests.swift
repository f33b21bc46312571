import Glibc
import System
import Telemetry
import TestSupport
import Testing
import Transport

@testable import Forwarder

/// What is known of the collectors while names come, go and fail, and what is said about it.
@Suite struct CollectorDirectoryTests {
  private let resolver = ScriptedResolver()
  private let log = Lines()

  private func directory(
    _ hosts: String..., mtu: Int? = nil, mode: CollectorSet.Mode = .balance
  ) -> CollectorDirectory {
    var settings = Settings(destinations: hosts.map { Destination(host: $0) })
    settings.destinationMode = mode
    settings.sourcePorts = 2
    settings.mtu = mtu
    return CollectorDirectory(settings, logger: log.logger, resolve: resolver.resolve)
  }

  private func addresses(_ directory: CollectorDirectory) -> [SocketAddress] {
    directory.collectors.paths.map(\.address)
  }

  @Test func anAnswerGivesPathsInOrder() {
    let directory = directory("one", "other")
    resolver.set("one", [.loopback(4_000), .loopback(3_000)])
    resolver.set("other", [.loopback(3_500), .loopback(3_000)])
    #expect(directory.refresh())
    #expect(addresses(directory) == [3_000, 3_500, 4_000].map { .loopback($0) })
    #expect(directory.reports.map(\.address) == addresses(directory))
    #expect(directory.sourcePorts.reduce(0) { $0 + $1.count } == 2)
    #expect(log.all.filter { $0.hasPrefix("warning") }.isEmpty)
  }

  /// A name that cannot be looked up any more keeps its addresses; each trouble is said once, and again after it ended.
  @Test func aNameThatFailsKeepsItsLastAddresses() {
    let directory = directory("name")
    for _ in 0..<3 { #expect(!directory.refresh()) }
    #expect(addresses(directory).isEmpty)
    #expect(log.all == ["warning DESTINATION name has no address: no answer; trying again"])
    resolver.set("name", [.loopback(3_000)])
    #expect(directory.refresh())
    resolver.set("name", nil)
    for _ in 0..<3 { #expect(!directory.refresh()) }
    #expect(addresses(directory) == [.loopback(3_000)])
    #expect(
      log.all.dropFirst() == [
        "warning DESTINATION name was not looked up: no answer, still sending to 127.0.0.1:3000; trying again"
      ])
  }

  /// One that fails does not keep the other from being used.
  @Test func namesFailEachByItself() {
    let directory = directory("good", "bad")
    resolver.set("good", [.loopback(3_000)])
    #expect(!directory.refresh())
    #expect(addresses(directory) == [.loopback(3_000)])
  }

  /// Paths that stay are the very same; what was sent on those that went stays in the account.
  @Test func pathsComeAndGoWithTheAddresses() {
    let directory = directory("name")
    resolver.set("name", [.loopback(3_000), .loopback(3_001)])
    #expect(directory.refresh())
    let before = directory.collectors.paths
    resolver.set("name", [.loopback(3_001), .loopback(3_002)])
    #expect(directory.refresh())
    let after = directory.collectors.paths
    #expect(after.map(\.address) == [.loopback(3_001), .loopback(3_002)])
    #expect(after[0] === before[1])
    #expect(directory.reports.map(\.address) == [3_000, 3_001, 3_002].map { .loopback($0) })
    let ports = Set((before + after).map { $0.sockets.map(\.source.port) })
    #expect(ports.count == 1, "all leave from the same ports")
  }

  /// A path is made anew when routing rules forbid the mark that it was made with, on the same account and ports.
  @Test func aPathIsMadeAnewWhenTheMarkChanges() throws {
    let directory = directory("name")
    directory.state.withLock { $0.mark = 7 }
    resolver.set("name", [.loopback(3_000)])
    #expect(directory.refresh())
    let before = try #require(directory.collectors.paths.first)
    directory.revalidate()
    let after = try #require(directory.collectors.paths.first)
    #expect(after !== before && after.mark != 7)
    #expect(after.ledger === before.ledger)
    #expect(log.contain("notice", "sockets to 127.0.0.1:3000 are made anew", "127.0.0.1"))
  }

  @Test func moreAddressesThanCanBeUsedAreSaidOnce() {
    let directory = directory("name")
    resolver.set("name", (0..<40).map { .loopback(3_000 + $0) })
    for _ in 0..<2 { #expect(directory.refresh()) }
    #expect(directory.collectors.paths.count == CollectorSet.maximumCount)
    #expect(log.all.filter { $0.contains("DESTINATION has 40 addresses; the first 32 are used") }.count == 1)
  }

  @Test func anMTUAboveTheRoutesIsSaidOnce() {
    let directory = directory("name", mtu: 100_000)
    resolver.set("name", [.loopback(3_000)])
    for _ in 0..<2 { #expect(directory.refresh()) }
    #expect(log.all.filter { $0.contains("MTU=100000 is more than the route to 127.0.0.1:3000 carries") }.count == 1)
  }

  /// Under `failover` frames go to the first entry that has an answer; the other stands by, with paths of its own.
  @Test func failoverUsesOneEntry() {
    let directory = directory("first", "second", mode: .failover)
    resolver.set("second", [.loopback(3_001), .loopback(3_002)])
    #expect(!directory.refresh())
    #expect(addresses(directory) == [.loopback(3_001), .loopback(3_002)])
    #expect(directory.destinations.map(\.state) == ["standing by", "in use"])
    resolver.set("first", [.loopback(3_000)])
    #expect(directory.refresh())
    #expect(addresses(directory) == [.loopback(3_001), .loopback(3_002)], "it has to prove itself first")
    #expect(directory.reachable == [3_000, 3_001, 3_002].map { .loopback($0) })
    #expect(directory.lookUpDelay(30) == 5)
  }

  /// A look-up that fails once is none; the second moves to the next entry, with a line.
  @Test func failoverByName() {
    let directory = directory("first", "second", mode: .failover)
    resolver.set("first", [.loopback(3_000)])
    resolver.set("second", [.loopback(3_001)])
    #expect(directory.refresh())
    #expect(addresses(directory) == [.loopback(3_000)] && directory.lookUpDelay(30) == 15)
    resolver.set("first", nil)
    #expect(!directory.refresh())
    #expect(addresses(directory) == [.loopback(3_000)])
    #expect(!directory.refresh())
    #expect(addresses(directory) == [.loopback(3_001)])
    #expect(log.contain("warning", "failover: first:4789 has no address, using second:4789"))
  }

  /// Without an answer to where it runs, the entry that needs it has no address, and the reason is said.
  @Test func aPlaceThatIsNotKnown() throws {
    let nobody = SocketAddress.loopback(1)
    let resolver = PlacedResolver(PlacementFinder(nil, instance: nobody), resolve: resolver.resolve)
    let entry = try #require(Destination(parsing: "{zone}.collector.example.com"))
    #expect {
      try resolver.addresses(of: entry)
    } throws: {
      "\($0)".contains("it is not known where this runs (EC2: connect: Connection refused)")
    }
  }
}
