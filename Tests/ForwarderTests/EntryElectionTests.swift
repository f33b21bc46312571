import System
import Testing

@testable import Forwarder

/// Which entry of DESTINATION is sent to, second by second of a made-up clock.
@Suite struct EntryElectionTests {
  /// Three entries, each of an address, as somebody may find them.
  private struct World {
    var isNamed = [true, true, true]
    var hasErrors = [false, false, false]
    /// Whether probes are answered; nil: the collector does not know them.
    var answers: [Bool?] = [nil, nil, nil]
    private(set) var election: EntryElection
    private var answeredSince: [Int64?] = [0, 0, 0]
    private(set) var now: Int64 = 0
    /// Every change of entry: when, in seconds, and to which.
    private(set) var changes: [(second: Int64, entry: Int?)] = []

    init(interval: Int = 30) { election = EntryElection(interval: interval) }

    var entry: Int? { election.choice.entry }

    static func address(_ entry: Int) -> SocketAddress { .loopback(UInt16(3_000 + entry)) }

    /// `seconds` go by; every fifth there is a probe.
    mutating func pass(_ seconds: Int) {
      for _ in 0..<seconds {
        now += 1_000
        for index in 0..<3 {
          answeredSince[index] = isNamed[index] ? answeredSince[index] ?? now : nil
          let isProbed = now % 5_000 == 0
          election.take(
            AddressHealth.Look(
              hasErrors: hasErrors[index], isAnswered: answers[index] == true && now % 5_000 == 1_000,
              isProbed: isProbed),
            of: Self.address(index), now: now)
        }
        let before = election.choice.entry
        let entries = answeredSince.enumerated().map { index, since in
          EntryElection.Entry(addresses: [Self.address(index)], answeredSince: since)
        }
        _ = election.elect(entries, now: now)
        if election.choice.entry != before { changes.append((now / 1_000, election.choice.entry)) }
      }
    }
  }

  @Test func theFirstThatWorks() {
    var world = World()
    world.isNamed[0] = false
    world.pass(1)
    #expect(world.entry == 1 && world.election.choice.addresses == [World.address(1)])
  }

  /// A failure of each kind is noticed within an interval, and so is its end.
  @Test(arguments: ["name", "errors", "silence"]) func failsOverAndBack(_ kind: String) throws {
    var world = World()
    if kind == "silence" { world.answers[0] = true }
    world.pass(20)
    #expect(world.entry == 0)
    func set(_ isWell: Bool) {
      switch kind {
      case "name": world.isNamed[0] = isWell
      case "errors": world.hasErrors[0] = !isWell
      default: world.answers[0] = isWell
      }
    }
    set(false)
    world.pass(30)
    #expect(world.entry == 1)
    world.pass(300)
    #expect(world.entry == 1 && world.changes.count == 2)
    set(true)
    world.pass(15)
    #expect(world.entry == 1, "not at once")
    world.pass(15)
    #expect(world.entry == 0)
  }

  /// Errors of a moment, as of a receiver that starts again, change nothing.
  @Test func aMomentIsNothing() {
    var world = World()
    world.pass(10)
    for _ in 0..<10 {
      world.hasErrors[0] = true
      world.pass(2)
      world.hasErrors[0] = false
      world.pass(30)
    }
    #expect(world.changes.count == 1)
  }

  /// A collector that does not know probes is not missed for answering none.
  @Test func strangersNeedNotAnswer() {
    var world = World()
    world.pass(600)
    #expect(world.changes.count == 1 && world.entry == 0)
  }

  /// Ten minutes of a name, or a path, that is there for twenty seconds and gone for as long.
  @Test(arguments: [2, 5, 10, 30, 60], [true, false]) func doesNotFlap(_ interval: Int, _ isName: Bool) {
    var world = World(interval: interval)
    for second in 0..<600 {
      let isWell = second / 20 % 2 == 0
      if isName { world.isNamed[0] = isWell } else { world.hasErrors[0] = !isWell }
      world.pass(1)
    }
    #expect(world.changes.count <= 4, "\(world.changes)")
    // When it has become steady again it is gone back to.
    world.isNamed[0] = true
    world.hasErrors[0] = false
    world.pass(600)
    #expect(world.entry == 0)
  }

  /// Where nothing works, frames go where they went; and to the first that works as soon as there is one.
  @Test func nothingWorks() {
    var world = World()
    world.pass(30)
    world.hasErrors = [true, true, true]
    world.pass(30)
    #expect(world.entry == 0)
    world.hasErrors[2] = false
    world.pass(30)
    #expect(world.entry == 2)
    world.isNamed = [false, false, false]
    world.pass(60)
    #expect(world.entry == 2, "DNS itself is gone")
  }

  /// Of an entry with several addresses those that work are used.
  @Test func addressesOfAnEntry() {
    var election = EntryElection(interval: 30)
    let addresses = [World.address(0), World.address(1)]
    let entries = [EntryElection.Entry(addresses: addresses, answeredSince: 0)]
    for second in 1...10 as ClosedRange<Int64> {
      election.take(AddressHealth.Look(hasErrors: true), of: addresses[1], now: second * 1_000)
      _ = election.elect(entries, now: second * 1_000)
    }
    #expect(election.choice == EntryElection.Choice(entry: 0, addresses: [addresses[0]]))
    #expect(election.elect([EntryElection.Entry(addresses: [], answeredSince: 0)], now: 20_000).entry == nil)
  }
}
