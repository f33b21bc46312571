import Glibc
import Logging
import Testing
import Transport

@testable import Forwarder

/// Other tests may run forwarders in this network namespace: these look for their own addresses only.
@Suite struct SiblingsTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func address(_ host: String, _ port: UInt16) throws -> SocketAddress {
    try #require(SocketAddress(numeric: host, port: port))
  }

  @Test func eachFindsWhereTheOtherSends() throws {
    let (one, other) = (Siblings(logger: logger), Siblings(logger: logger))
    let v4 = try address("198.18.7.1", 4789)
    let v6 = try address("2001:db8:ffff:eeee:dddd:cccc:bbbb:aaaa", 65_535)
    one.announce([v4, v6])
    #expect(Set(other.look()).isSuperset(of: [v4, v6]))
    #expect(Set(one.look()).isDisjoint(with: [v4, v6]), "its own")
    one.announce([v6])
    #expect(Set(other.look()).intersection([v4, v6]) == [v6])
    one.announce([])
    #expect(Set(other.look()).isDisjoint(with: [v4, v6]))
  }

  /// The name of a forwarder that has ended goes with it.
  @Test func nothingRemains() throws {
    let other = Siblings(logger: logger)
    let gone = try address("198.18.7.2", 4789)
    do {
      let one = Siblings(logger: logger)
      one.announce([gone])
      #expect(other.look().contains(gone))
    }
    #expect(!other.look().contains(gone))
  }

  /// Looks go on when nobody has hung up for long: a verdict is asked for once.
  @Test func looksAreWithoutEnd() throws {
    let (one, other) = (Siblings(logger: logger), Siblings(logger: logger))
    let collector = try address("198.18.7.3", 4789)
    one.announce([collector])
    for _ in 0..<200 { try #require(other.look().contains(collector)) }
  }

  @Test(arguments: [
    "", "a", "a/4789", "a/4789/", "a//198.18.7.4", "a/0/198.18.7.4", "a/65536/198.18.7.4", "a/-1/198.18.7.4",
    "a/4789/198.18.7.4/", "a/4789/198.18.7.4 or tcp", "a/4789/198.18.7", "a/4789/nobody.example.com", "a/4789/\n",
  ]) func whatIsNoName(_ text: String) throws {
    let socket = try #require(NameSocket("packet-forwarder/\(text)"))
    let found = Siblings(logger: logger).look()
    #expect(!found.contains { $0.host.hasPrefix("198.18.7.4") })
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
