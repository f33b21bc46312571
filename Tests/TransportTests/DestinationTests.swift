import Testing
import Transport

@Suite struct DestinationTests {
  @Test(
    arguments: [
      ("collector", "collector", 4789), ("collector.example.com", "collector.example.com", 4789),
      ("collector.example.com.", "collector.example.com.", 4789), ("_vxlan._udp.example", "_vxlan._udp.example", 4789),
      ("a-b.c1:1", "a-b.c1", 1), ("collector:65535", "collector", 65_535), ("10.0.0.1", "10.0.0.1", 4789),
      ("10.0.0.1:4790", "10.0.0.1", 4790), ("[2001:db8::1]", "2001:db8::1", 4789), ("[::1]:4790", "::1", 4790),
      ("2001:db8::1", "2001:db8::1", 4789), ("::ffff:10.0.0.1", "::ffff:10.0.0.1", 4789), ("1a", "1a", 4789),
      (String(repeating: "a", count: 63) + ".b", String(repeating: "a", count: 63) + ".b", 4789),
    ] as [(String, String, UInt16)])
  func takes(text: String, host: String, port: UInt16) throws {
    let destination = try #require(Destination(parsing: text))
    #expect(destination.host == host)
    #expect(destination.port == port)
  }

  @Test(arguments: [
    "", ":", ":4789", "collector:", "collector:0", "collector:65536", "collector:99999", "collector:-1",
    "collector:+1", "collector: 1", "collector:1a", "collector:４７８９", "a b", "a..b", ".a", ".", "-a", "a-", "a.-b",
    "höst", "a/24", "http://a", "10.0.0.256", "10.0.0", "10.0.0.1.2", "1", "10.0.0.1:", "[", "[]", "[::1", "::1]",
    "[::1]4789", "[::1]:", "[::1]:0", "[10.0.0.1]", "[collector]:4789", "[::g]", "::1::2", "a:b:c",
    String(repeating: "a", count: 64), String(repeating: "ab.", count: 85) + "c",
  ])
  func refuses(text: String) {
    #expect(Destination(parsing: text) == nil)
  }

  @Test(arguments: [
    ("[::1]:4790", "[::1]:4790"), ("::1", "[::1]:4789"), ("host", "host:4789"), ("1.2.3.4:5", "1.2.3.4:5"),
  ])
  func description(text: String, shown: String) throws {
    #expect("\(try #require(Destination(parsing: text)))" == shown)
  }

  @Test(arguments: [
    ("{zone}.collector.example.com", "eu-west-1a.collector.example.com"), ("{zone}", "eu-west-1a"),
    ("mirror-{zone}.{region}.example.com:4790", "mirror-eu-west-1a.eu-west-1.example.com"),
    ("{zone}.{zone}", "eu-west-1a.eu-west-1a"), ("collector", "collector"), ("[::1]", "::1"),
  ])
  func placeholders(text: String, filled: String) throws {
    let destination = try #require(Destination(parsing: text))
    #expect(destination.numericAddress == nil || destination.placeholders.isEmpty)
    let found = try #require(destination.filled { $0 == .zone ? "eu-west-1a" : "eu-west-1" })
    #expect(found.host == filled && found.port == destination.port)
  }

  @Test(arguments: [
    "{az}.collector", "{zone.collector", "zone}.c", "{Zone}.c", "{}.c", "{zone}..c", "[{zone}]", "{{zone}}",
  ])
  func noPlaceholders(text: String) { #expect(Destination(parsing: text) == nil) }

  /// What takes the place may be too long, or make an address of it.
  @Test func placesThatMakeNoName() throws {
    let long = try #require(Destination(parsing: "\(String(repeating: "a", count: 50))-{zone}.example.com"))
    #expect(long.filled { _ in "us-west-2-lax-1a" } == nil)
    let number = try #require(Destination(parsing: "10.0.0.{zone}"))
    #expect(number.filled { _ in "999" } == nil)
  }
}
