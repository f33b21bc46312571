import Glibc
import Testing
import Wire

@testable import Receiver

@Suite struct ListenAddressTests {
  @Test(
    arguments: [
      ("4789", nil, 4789, "*:4789"),
      ("0", nil, 0, "*:0"),
      (":65535", nil, 65_535, "*:65535"),
      ("127.0.0.1", "127.0.0.1", 4789, "127.0.0.1:4789"),
      ("127.0.0.1:5000", "127.0.0.1", 5000, "127.0.0.1:5000"),
      ("localhost:1", "localhost", 1, "localhost:1"),
      ("[::1]", "::1", 4789, "[::1]:4789"),
      ("[fe80::1%eth0]:5000", "fe80::1%eth0", 5000, "[fe80::1%eth0]:5000"),
      ("::1", "::1", 4789, "[::1]:4789"),
    ] as [(String, String?, UInt16, String)])
  func reads(text: String, host: String?, port: UInt16, printed: String) {
    let address = ListenAddress(text)
    #expect(address == ListenAddress(host: host, port: port))
    #expect(address?.description == printed)
  }

  @Test(arguments: [
    "", "65536", "-1", "99999999999999999999", "+1", "a:b", "a:", "127.0.0.1:70000", "[]",
    "[::1",
    "[::1]x", "[::1]:", "[1.2.3.4]:5", "a b:1", "٣", "host:1:", "a/24",
  ])
  func refuses(text: String) {
    #expect(ListenAddress(text) == nil)
  }

  @Test func whatNoResolverKnowsIsAnError() {
    let error = #expect(throws: ReceiverError.self) {
      _ = try MirrorReceiver(listen: ListenAddress(host: "1:2", port: 1))
    }
    #expect(error == ReceiverError(.resolve, code: EAI_NONAME))
  }
}
