import Glibc
import TestSupport
import Testing

@testable import System

@Suite struct SocketAddressTests {
  @Test func ipv4() throws {
    let address = try #require(SocketAddress(numeric: "192.0.2.1", port: 4789))
    #expect(!address.isIPv6)
    #expect(address.overhead == 28)
    #expect(address.host == "192.0.2.1")
    #expect("\(address)" == "192.0.2.1:4789")
    let bytes = address.withSocketAddress { Array(UnsafeRawBufferPointer(start: $0, count: Int($1))) }
    #expect(bytes == [2, 0] + hex("12B5 C0000201 0000000000000000"))
  }

  @Test func ipv6() throws {
    let address = try #require(SocketAddress(numeric: "2001:DB8:0::1", port: 80))
    #expect(address.isIPv6)
    #expect(address.overhead == 48)
    #expect(address.host == "2001:db8::1")
    #expect("\(address)" == "[2001:db8::1]:80")
    let bytes = address.withSocketAddress { Array(UnsafeRawBufferPointer(start: $0, count: Int($1))) }
    #expect(bytes == [10, 0] + hex("0050 00000000 20010db8000000000000000000000001 00000000"))
  }

  /// The zone of a link-local address is an interface, by name or index.
  @Test func zones() throws {
    let loopback = Int(if_nametoindex("lo"))
    for zone in ["lo", "\(loopback)"] {
      let address = try #require(SocketAddress(numeric: "fe80::1%\(zone)", port: 1))
      #expect(Int(address.scope) == loopback)
      #expect(address.host == "fe80::1")
    }
  }

  @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4:5", "[::1]", "::1:2:3:4:5:6:7:8", "1.2.3.4%lo"])
  func refuses(text: String) {
    #expect(SocketAddress(numeric: text, port: 1) == nil)
  }

  /// Forwarders must rank collectors alike, whatever order DNS gives them in.
  @Test func order() throws {
    let texts = ["9.0.0.1", "10.0.0.1", "10.0.0.2", "::1", "2001:db8::1"]
    let addresses = try texts.map { try #require(SocketAddress(numeric: $0, port: 5)) }
    #expect(addresses.reversed().sorted() == addresses)
    let one = try #require(SocketAddress(numeric: "10.0.0.1", port: 4))
    #expect(one < addresses[1])
    #expect(one != addresses[1])
  }

  @Test func wildcardsAreOfEitherFamily() {
    #expect("\(SocketAddress.wildcard(isIPv6: true, port: 4789))" == "[::]:4789")
    #expect("\(SocketAddress.wildcard(isIPv6: false, port: 0))" == "0.0.0.0:0")
  }

  /// What goes over the wire is IPv4.
  @Test func anIPv4AddressWrittenAsIPv6IsIPv4() throws {
    let address = try #require(SocketAddress(numeric: "::ffff:192.0.2.1", port: 1))
    #expect(address == SocketAddress(bytes: [192, 0, 2, 1], port: 1))
    #expect(SocketAddress(numeric: "::192.0.2.1", port: 1)?.isIPv6 == true)
  }

  @Test func theResolverGivesValues() throws {
    let numeric = try NameLookup.addresses(of: "192.0.2.1", port: 7, onlyReachable: false)
    #expect(numeric == [SocketAddress(bytes: [192, 0, 2, 1], port: 7)])
    #expect(throws: NameLookup.Failure(code: EAI_NONAME)) {
      try NameLookup.addresses(of: "1:2", port: 7, onlyReachable: false)
    }
    #expect(!NameLookup.Failure(code: EAI_NONAME).reason.isEmpty)
  }
}
