import Testing

@testable import System

@Suite struct AddressesAndMemoryTests {
  /// The loopback interface is there, whatever else.
  @Test func ownAddresses() throws {
    let own = try LocalAddresses.all()
    #expect(own.contains { $0.host == "127.0.0.1" })
    #expect(own.allSatisfy { $0.port == 0 })
  }

  @Test func availableMemory() throws {
    #expect(try #require(AvailableMemory.byteCount) > 1 << 20)
    #expect(AvailableMemory.byteCount(in: Array("MemTotal: 1 kB\nMemAvailable:    1234 kB\n".utf8)) == 1_234 << 10)
    for text in ["", "MemFree: 1 kB\n", "MemAvailable: x kB", "MemAvailable:"] {
      #expect(AvailableMemory.byteCount(in: Array(text.utf8)) == nil)
    }
  }
}
