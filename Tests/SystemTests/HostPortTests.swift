import System
import Testing

@Suite struct HostPortTests {
  @Test(
    arguments: [
      ("host", "host", nil, false), ("host:1", "host", 1, false), (":65535", "", 65_535, false), ("", "", nil, false),
      ("1.2.3.4:05", "1.2.3.4", 5, false), ("::1", "::1", nil, false), ("a:b:c", "a:b:c", nil, false),
      ("fe80::1%eth0", "fe80::1%eth0", nil, false), ("[::1]", "::1", nil, true), ("[::1]:0", "::1", 0, true),
      ("[name]:7", "name", 7, true), ("[]", "", nil, true), ("[[]", "[", nil, true),
    ] as [(String, String, UInt16?, Bool)])
  func parts(text: String, host: String, port: UInt16?, isBracketed: Bool) throws {
    let parts = try #require(HostPort(text))
    #expect(parts.host == host)
    #expect(parts.port == port)
    #expect(parts.isBracketed == isBracketed)
  }

  @Test(arguments: [
    "host:", "host:x", "host:+1", "host:-1", "host:65536", "host: 1", "host:４７８９", "[::1", "[::1]x", "[::1]:", "[::1]1",
    "[::1]:1:2", "[::1]::1",
  ])
  func badPortsAndBracketsAreRefused(text: String) {
    #expect(HostPort(text) == nil)
  }

  @Test func addressesGetBrackets() {
    #expect(HostPort.text("host", 1) == "host:1")
    #expect(HostPort.text("::1", 65_535) == "[::1]:65535")
  }
}
