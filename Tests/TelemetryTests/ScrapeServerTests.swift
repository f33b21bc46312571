import Glibc
import System
import TestSupport
import Testing

@testable import Telemetry

/// The server of figures, and clients that behave or do not.
@Suite(.timeLimit(.minutes(1))) final class ScrapeServerTests: Sendable {
  private let end: Event
  private let address: SocketAddress
  /// Enough for a page of some hundred kilobytes.
  private static let count = 20_000

  init() throws {
    end = try Event()
    let listener = try StreamSocket.listen(
      on: try #require(SocketAddress(numeric: "127.0.0.1", port: 0)), backlog: 64)
    address = try #require(SocketAddress(localOf: listener.value))
    let samples = (0..<Self.count).map { number in
      (labels: [MetricSample.Label(name: "number", value: "\(number)")], value: MetricFamily.Value.whole(1))
    }
    let server = ScrapeServer(listener) {
      [MetricFamily("a", .gauge, help: "b", samples)]
    } health: {
      "it\nis ill"
    }
    let end = end
    try BackgroundThread.run(name: "metrics") { server.run(until: end) }
  }

  deinit { end.set() }

  private func connect() throws -> OwnedDescriptor {
    try StreamSocket.connect(to: address, until: TimeLimit(milliseconds: 10_000))
  }

  /// Sends all, as fast as it is taken, and returns what comes back until the server hangs up.
  private func exchange(_ bytes: [UInt8]) throws -> String {
    let connection = try connect()
    let limit = TimeLimit(milliseconds: 20_000)
    var (rest, answer) = (bytes[...], [UInt8]())
    while limit.left > 0 {
      var entry = pollfd.readable(connection.value)
      if !rest.isEmpty { entry.events |= Int16(POLLOUT) }
      guard Polling.isReady(entry, within: limit.left) else { break }
      if !rest.isEmpty { rest = rest.dropFirst((try? connection.sendNow(Array(rest.prefix(1 << 16)))) ?? rest.count) }
      if let more = try connection.receiveNow(atMost: 1 << 16) {
        if more.isEmpty { return String(decoding: answer, as: UTF8.self) }
        answer += more
      }
    }
    throw StatusClient.Failure.silent(milliseconds: 20_000)
  }

  private func ask(_ line: String, _ fields: String = "") throws -> String {
    try exchange(Array("\(line) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8))
  }

  @Test func figures() throws {
    let answer = try ask("GET /metrics")
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
    #expect(answer.hasSuffix("a{number=\"\(Self.count - 1)\"} 1\n"))
    let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
    #expect(parts[0].contains("\r\nContent-Length: \(parts[1].utf8.count)\r\nConnection: close\r\n"))
    let open = try ask("GET /metrics", "Accept: application/openmetrics-text\r\n")
    #expect(open.contains("Content-Type: application/openmetrics-text; version=1.0.0") && open.hasSuffix("# EOF\n"))
    let head = try ask("HEAD /metrics")
    #expect(head.contains("Content-Length: \(parts[1].utf8.count)\r\n") && head.hasSuffix("\r\n\r\n"))
  }

  @Test func healthIsOneLine() throws {
    let answer = try ask("GET /healthz")
    #expect(
      answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n") && answer.hasSuffix("\r\n\r\nunhealthy: it?is ill\n"))
  }

  @Test(arguments: [
    ("POST /metrics", "405 Method Not Allowed"), ("BREW /metrics", "405 Method Not Allowed"),
    ("GET /", "404 Not Found"),
    ("GET /metrics/", "404 Not Found"), ("GET /../etc/passwd", "404 Not Found"), ("GET x", "400 Bad Request"),
  ])
  func whatIsNotToBeHad(_ line: String, _ status: String) throws {
    let answer = try ask(line)
    #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"), "\(answer)")
    if status.hasPrefix("405") { #expect(answer.contains("\r\nAllow: GET, HEAD\r\n")) }
  }

  /// Who sends too much gets to know, although it is not read to the end.
  @Test func headsWithoutEnd() throws {
    let long = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
    #expect(try exchange(Array("GET /".utf8) + long).hasPrefix("HTTP/1.1 414 "))
    #expect(try exchange(Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + long).hasPrefix("HTTP/1.1 431 "))
    #expect(try ask("GET /healthz").hasPrefix("HTTP/1.1 503 "))
  }

  @Test func requestsInPieces() throws {
    let connection = try connect()
    for byte in "GET /healthz HTTP/1.0\r\n\r\n".utf8 { #expect(try connection.sendNow([byte]) == 1) }
    // It has said that no more comes, and is answered.
    connection.finishSending()
    #expect(Polling.isReady(.readable(connection.value), within: 10_000))
    #expect(String(decoding: try connection.receiveNow(atMost: 100) ?? [], as: UTF8.self).hasPrefix("HTTP/1.1 503 "))
  }

  /// Clients that say nothing, or take nothing, lose their place to others, and all of them after some seconds.
  @Test func slowClientsHoldUpNobody() throws {
    var slow: [OwnedDescriptor] = []
    for number in 0..<200 {
      let connection = try connect()
      let text = number % 2 == 0 ? "GET /metrics HTTP/1.1\r\nHo" : "GET /metrics HTTP/1.0\r\n\r\n"
      _ = try? connection.sendNow(Array(text.utf8))
      slow.append(connection)
      if number % 50 == 0 { #expect(try ask("GET /healthz").hasPrefix("HTTP/1.1 503 ")) }
    }
    #expect(try ask("GET /metrics").hasSuffix("a{number=\"\(Self.count - 1)\"} 1\n"))
    let limit = TimeLimit(milliseconds: 20_000)
    for connection in slow {
      var isOver = false
      while !isOver, Polling.isReady(.readable(connection.value), within: limit.left) {
        do { isOver = try connection.receiveNow(atMost: 1 << 16)?.isEmpty ?? false } catch { isOver = true }
      }
      #expect(isOver)
    }
  }

  @Test func junk() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      let connection = try connect()
      _ = try? connection.sendNow(generator.bytes(generator.int(0...3_000)))
    }
    #expect(try ask("GET /healthz").hasPrefix("HTTP/1.1 503 "))
  }

  @Test func aTakenPortIsAnError() throws {
    #expect(throws: SystemError(operation: "bind", code: EADDRINUSE)) {
      try StreamSocket.listen(on: self.address, backlog: 1)
    }
    let elsewhere = try #require(ScrapeAddress("192.0.2.77:9749"))
    #expect(throws: SystemError(operation: "bind", code: EADDRNOTAVAIL)) { try elsewhere.listen() }
  }
}
