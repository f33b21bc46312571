import System
import Testing

@testable import Transport

@Suite struct ResolverTests {
  @Test func numbersAreTakenAsTheyAre() throws {
    let found = try Resolver.addresses(of: Destination(host: "192.0.2.7", port: 9))
    #expect(found.map(\.description) == ["192.0.2.7:9"])
  }

  @Test func namesWithoutAnAddressAreNamed() throws {
    do {
      _ = try Resolver.addresses(of: Destination(host: "name.invalid"))
      Issue.record("name.invalid has an address")
    } catch {
      #expect(error.host == "name.invalid")
      #expect(!error.reason.isEmpty)
    }
  }
}
