import Telemetry
import TestSupport
import Testing

@Suite struct HTTPRequestTests {
  private func read(_ text: String) -> HTTPRequest.Reading { HTTPRequest.read(Array(text.utf8)) }

  @Test(arguments: [
    ("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/metrics", ""),
    ("GET /metrics?name=x HTTP/1.1\r\nhost:a:1\r\nACCEPT: */*\r\n\r\nrest", "GET", "/metrics", " */*"),
    ("HEAD / HTTP/1.0\r\n\r\n", "HEAD", "/", ""), ("\r\n\nGET / HTTP/1.0\n\n", "GET", "/", ""),
    ("GET http://a:9749/healthz HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/healthz", ""),
    ("GET http://a HTTP/1.1\r\nHost:\r\n\r\n", "GET", "/", ""),
    ("OPTIONS * HTTP/1.1\r\nHost: a\r\nAccept: a\r\nAccept: b\r\n\r\n", "OPTIONS", "*", " a, b"),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{FF}\t\r\n\r\n", "GET", "/", ""),
  ])
  func whatIsARequest(_ text: String, _ method: String, _ path: String, _ accept: String) {
    guard case .whole(let request) = read(text) else { return #expect(Bool(false), "\(read(text))") }
    #expect(request.method == method && request.path == path && request.accept == accept)
  }

  @Test(arguments: [
    "GET /\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n",
    "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET metrics HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", "\u{16}\u{3}\u{1}\n\n",
    "SSH-2.0-OpenSSH_9.2\r\n\r\n",
  ])
  func whatIsNone(_ text: String) { #expect(read(text) == .wrong(.badRequest)) }

  @Test func limits() {
    #expect(read("") == .incomplete && read("GET / HTTP/1.1\r\nHost: a\r\n") == .incomplete)
    let long = String(repeating: "a", count: 4_096)
    #expect(read("GET /\(long)") == .wrong(.targetTooLong))
    #expect(read("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n") == .wrong(.targetTooLong))
    #expect(read("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\(long)") == .wrong(.headTooLong))
    #expect(read("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)") == .incomplete)
  }

  /// Requests with bytes changed, cut and doubled; a request that comes in pieces is the same request.
  @Test func anyBytesAreReadToTheEnd() {
    var generator = SeededGenerator(seed: 14)
    let good = Array("GET /metrics HTTP/1.1\r\nHost: a:9749\r\nAccept: text/plain;q=0.5\r\n\r\n".utf8)
    for _ in 0..<1_000 {
      var bytes = good
      for _ in 0..<generator.int(0...4) {
        let place = generator.int(0...bytes.count - 1)
        switch generator.int(0...3) {
        case 0: bytes[place] = UInt8(generator.int(0...255))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(generator.pick(Array("\r\n :/ \0".utf8)), at: place)
        default: bytes.append(contentsOf: bytes[place...].prefix(40))
        }
      }
      let whole = HTTPRequest.read(bytes)
      guard whole != .incomplete else { continue }
      // It is decided by a prefix, and stays decided.
      let first = (0...bytes.count).first { HTTPRequest.read(Array(bytes[..<$0])) != .incomplete }
      #expect(first.map { HTTPRequest.read(Array(bytes[..<$0])) } == whole)
    }
  }
}
