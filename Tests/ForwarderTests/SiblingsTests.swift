import Glibc
import System
import Testing
import Transport

@testable import Forwarder

/// Other tests run forwarders in this network namespace: these have a prefix of their own.
@Suite struct SiblingsTests {
  private let prefix = "siblings-test-\(UInt32.random(in: 0...UInt32.max))/"

  private func address(_ host: String, _ port: UInt16) throws -> SocketAddress {
    try #require(SocketAddress(numeric: host, port: port))
  }

  @Test func eachFindsWhereTheOtherSends() throws {
    let (one, other) = (Siblings(prefix: prefix), Siblings(prefix: prefix))
    let v4 = try address("198.18.7.1", 4789)
    let v6 = try address("2001:db8:ffff:eeee:dddd:cccc:bbbb:aaaa", 65_535)
    one.announce([v4, v6])
    #expect(other.look() == [v4, v6])
    #expect(one.look() == [], "its own")
    one.announce([v6])
    #expect(other.look() == [v6])
    one.announce([])
    #expect(other.look() == [])
  }

  /// The name of a forwarder that has ended goes with it.
  @Test func nothingRemains() throws {
    let other = Siblings(prefix: prefix)
    let gone = try address("198.18.7.2", 4789)
    do {
      let one = Siblings(prefix: prefix)
      one.announce([gone])
      #expect(other.look() == [gone])
    }
    #expect(other.look() == [])
  }

  /// Looks go on when nobody has hung up for long: a verdict is asked for once.
  @Test func looksAreWithoutEnd() throws {
    let (one, other) = (Siblings(prefix: prefix), Siblings(prefix: prefix))
    let collector = try address("198.18.7.3", 4789)
    one.announce([collector])
    for _ in 0..<200 { try #require(other.look() == [collector]) }
  }

  @Test(arguments: [
    "", "a", "a/4789", "a/4789/", "a//198.18.7.4", "a/0/198.18.7.4", "a/65536/198.18.7.4", "a/-1/198.18.7.4",
    "a/4789/198.18.7.4/", "a/4789/198.18.7.4 or tcp", "a/4789/198.18.7", "a/4789/nobody.example.com", "a/4789/\n",
  ]) func whatIsNoName(_ text: String) throws {
    let socket = try #require(NameSocket("\(prefix)\(text)"))
    #expect(Siblings(prefix: prefix).look() == [])
    withExtendedLifetime(socket) {}
  }

  @Test func names() throws {
    let longest = String(repeating: "n", count: NameSocket.maximumNameByteCount)
    #expect(NameSocket(longest + "n") == nil)
    let socket = try #require(NameSocket(longest))
    #expect(NameSocket(longest) == nil, "taken")
    #expect(NameSocket.names(withPrefix: longest) == [longest])
    #expect(NameSocket.owner(of: longest) == geteuid())
    #expect(NameSocket.owner(of: "nobody") == nil)
    withExtendedLifetime(socket) {}
  }
}
