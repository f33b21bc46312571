import System
import Testing

@testable import Capture

/// Addresses as filters compare them.
@Suite struct SocketAddressWordsTests {
  private func address(_ text: String) throws -> SocketAddress {
    try #require(SocketAddress(numeric: text, port: 1))
  }

  @Test func anIPv4AddressIsOneWord() throws {
    #expect(try address("10.0.0.1").ipv4Word == 0x0A00_0001)
    #expect(try address("10.0.0.1").ipv6Words == nil)
    // What stands in the packets.
    #expect(try address("::ffff:10.0.0.1").ipv4Word == 0x0A00_0001)
  }

  @Test func anIPv6AddressIsFourWords() throws {
    #expect(try address("2001:db8::1:2").ipv6Words == [0x2001_0DB8, 0, 0, 0x0001_0002])
    #expect(try address("2001:db8::1:2").ipv4Word == nil)
    #expect(try address("fe80::1%lo").ipv6Words == [0xFE80_0000, 0, 0, 1])
    #expect(try address("::10.0.0.1").ipv4Word == nil)
  }

  @Test func metadataEndpointsAreThoseOfTheClouds() {
    let hosts = ["169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"]
    #expect(Exclusions.metadataEndpoints.map(\.host) == hosts)
    #expect(Exclusions.metadataAddresses.ipv4.count == 3 && Exclusions.metadataAddresses.ipv6.count == 2)
  }
}
