import Testing

@testable import Receiver

@Suite struct SenderTableTests {
  private let one = SenderAddress(ipv4: 0xC000_0201)

  @Test func eachPortHasAnAccount() throws {
    var table = SenderTable()
    let other = try #require(SenderAddress("2001:db8::1"))
    table.count(one, 50_000, datagrams: 3, bytes: 300, at: 10)
    table.count(other, 50_000, datagrams: 1, bytes: 100, at: 11)
    table.count(one, 50_001, datagrams: 5, bytes: 50, at: 12)
    // The clock was set back.
    table.count(one, 50_000, datagrams: 1, bytes: 1, at: 9)
    #expect(table.ports.map(\.number) == [50_000, 50_000, 50_001])
    #expect(table.ports.map(\.datagrams) == [4, 1, 5])
    #expect(table.ports.map(\.bytes) == [301, 100, 50])
    #expect(table.ports.map(\.firstSeen) == [10, 11, 12])
    #expect(table.ports.map(\.lastSeen) == [10, 11, 12])

    let figures = SenderFigures.of(table.ports)
    #expect(figures.map(\.sender) == [one, other])
    #expect(figures.map(\.ports) == [2, 1])
    #expect(figures.map(\.datagrams) == [9, 1])
    #expect(figures.map(\.bytes) == [351, 100])
    #expect(figures.map(\.lastSeen) == [12, 11])
  }

  /// Invented addresses do not use up memory.
  @Test func thereIsAnEndToAccounts() {
    var table = SenderTable()
    for address in 0..<UInt32(SenderTable.capacity + 7) {
      table.count(SenderAddress(ipv4: address), 1, datagrams: 2, bytes: 20, at: 0)
    }
    table.count(SenderAddress(ipv4: 0), 1, datagrams: 1, bytes: 10, at: 0)
    #expect(table.ports.count == SenderTable.capacity)
    #expect(table.unlisted == 14)
    #expect(table.ports[0].datagrams == 3)
  }

  @Test(arguments: ["192.0.2.1", "2001:db8::ff", "::", "0.0.0.0", "::1"])
  func addressesAreReadAndShown(text: String) throws {
    #expect(try #require(SenderAddress(text)).description == text)
  }

  @Test(arguments: ["", "192.0.2", "192.0.2.1:5", "host"]) func whatIsNoAddress(text: String) {
    #expect(SenderAddress(text) == nil)
  }

  /// A dual-stack socket shows IPv4 senders as mapped ones.
  @Test func mappedIsTheSame() {
    #expect(SenderAddress("::ffff:192.0.2.1") == one)
  }
}
