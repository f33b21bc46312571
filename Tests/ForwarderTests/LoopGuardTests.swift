import Glibc
import System
import Testing
import Transport

@testable import Forwarder

/// Other tests run forwarders in this network namespace: these have a prefix of their own.
@Suite struct LoopGuardTests {
  private let prefix = "loopGuard-test-\(UInt32.random(in: 0...UInt32.max))/"

  @Test func eachFindsWhereTheOtherSendsFrom() throws {
    let (one, other) = (LoopGuard(prefix: prefix), LoopGuard(prefix: prefix))
    one.announce([49_152...49_155, 65_535...65_535])
    #expect(other.look() == [49_152...49_155, 65_535...65_535])
    #expect(one.look() == [], "its own")
    one.announce([65_535...65_535])
    #expect(other.look() == [65_535...65_535])
    one.announce([])
    #expect(other.look() == [])
  }

  /// Who comes later hears from those that are there once they know of it.
  @Test func questionsAreAnswered() throws {
    let (one, other) = (LoopGuard(prefix: prefix), LoopGuard(prefix: prefix))
    one.announce([50_200...50_200])
    var entry = pollfd(fd: try #require(one.descriptors.first), events: Int16(POLLIN), revents: 0)
    #expect(poll(&entry, 1, 0) == 0, "nobody asks")
    #expect(other.look() == [50_200...50_200])
    #expect(poll(&entry, 1, 0) == 1)
    one.answer()
    #expect(poll(&entry, 1, 0) == 0)
    let start = MonotonicClock.milliseconds
    other.awaitAnswers(milliseconds: 60_000)
    #expect(MonotonicClock.milliseconds - start < 30_000, "it was answered")
  }

  /// The name of a forwarder that has ended goes with it.
  @Test func nothingRemains() throws {
    let other = LoopGuard(prefix: prefix)
    do {
      let one = LoopGuard(prefix: prefix)
      one.announce([50_000...50_003])
      #expect(other.look() == [50_000...50_003])
    }
    // A process that another test is just starting may hold the socket for a moment.
    let end = MonotonicClock.milliseconds + 5_000
    while other.look() != [], MonotonicClock.milliseconds < end { usleep(1_000) }
    #expect(other.look() == [])
  }

  /// Looks go on when nobody has hung up for long: a verdict is asked for once.
  @Test func looksAreWithoutEnd() throws {
    let (one, other) = (LoopGuard(prefix: prefix), LoopGuard(prefix: prefix))
    one.announce([50_100...50_100])
    for _ in 0..<200 { try #require(other.look() == [50_100...50_100]) }
  }

  @Test(arguments: [
    "", "a", "a/4789", "a/4789-", "a/-4789", "a//1-2", "a/0-1", "a/2-1", "a/1-65536", "a/+1-2", "a/1-2/", "a/1-2-3",
    "a/1-2 or tcp", "a/1-257", "a/\n",
  ]) func otherNamesAreIgnored(_ text: String) throws {
    let socket = try #require(NameSocket("\(prefix)\(text)"))
    #expect(LoopGuard(prefix: prefix).look() == [])
    withExtendedLifetime(socket) {}
  }

  @Test func namesHaveAnOwnerAndALimit() throws {
    let longest = String(repeating: "n", count: AbstractSocket.maximumNameByteCount)
    #expect(NameSocket(longest + "n") == nil)
    let socket = try #require(NameSocket(longest))
    #expect(NameSocket(longest) == nil, "taken")
    #expect(NameSocket.names(withPrefix: longest) == [longest])
    #expect(NameSocket.ask(longest)?.owner == geteuid())
    #expect(NameSocket.ask("nobody") == nil)
    withExtendedLifetime(socket) {}
  }
}
