import Mirror
import Telemetry
import Testing

/// What goes over the socket.
@Suite struct StatusAnswerTests {
  @Test func requestsAreOneOfFive() {
    let all: [StatusRequest] = [
      .health, .screen(flows: false), .screen(flows: true), .document(flows: false), .document(flows: true),
    ]
    for request in all {
      #expect(request.line.last == "\n" && request.line.utf8.count <= StatusRequest.maximumByteCount)
      #expect(StatusRequest(String(request.line.dropLast())) == request)
    }
    for line in ["", "healthy", "HEALTH", "json ", "screen  flows", "health\n", "json flows now"] {
      #expect(StatusRequest(line) == nil, "\(line)")
    }
  }

  @Test func healthIsAnExitCodeAndALine() throws {
    var status = try Fixture.fullStatus()
    #expect(StatusAnswer.health(status) == "0 healthy: capturing on eth0, sending to 1 collector\n")
    status.collectors[1].pathMTU = 1_500
    #expect(StatusAnswer.health(status) == "0 healthy: capturing on eth0, sending to 2 collectors\n")
    status.unhealthy = "no destination: no answer"
    #expect(StatusAnswer.health(status) == "1 unhealthy: no destination: no answer\n")
  }

  @Test func aScreenArrivesAsItWas() throws {
    let status = try Fixture.fullStatus()
    let (figures, lines) = try #require(StatusAnswer.parsed(StatusAnswer.screen(status)))
    #expect(lines == StatusScreen(status).lines)
    #expect(figures["uptime"] == 93_784_000 && figures["captured_packets"] == 2_000_001)
    #expect(figures["dropped_packets"] == 22_000_153)
    #expect(Set(figures.keys) == Set(ForwarderMetrics.counters.rows.map(\.key) + ["uptime"]))
  }

  /// Names come from outside, and a socket may be anybody's: nothing of them reaches the terminal as a command.
  @Test func noControlCharactersAreShown() throws {
    var status = try Fixture.fullStatus()
    status.host = "app\u{1B}[2J\n+all is well"
    status.unhealthy = "\u{9B}31m\u{7}"
    let (_, lines) = try #require(StatusAnswer.parsed(StatusAnswer.screen(status)))
    #expect(lines.count == StatusScreen(status).lines.count)
    #expect(lines[0].mood == .heading && lines[0].text.contains("on app?[2J +all is well, pid"))
    #expect(lines[1].text == "unhealthy: ?31m?")
  }

  @Test(arguments: ["", "\n", "nonsense", "uptime", "1 unhealthy\n"]) func otherAnswersAreNone(_ text: String) {
    #expect(StatusAnswer.parsed(text) == nil)
  }

  @Test func namesAreReadBack() throws {
    let name = StatusName(processID: 17, root: "fe01-2a")
    #expect(name.text == "packet-forwarder-status/fe01-2a/17")
    #expect(StatusName(name.text) == name)
    let other = StatusName(processID: 17, root: "fe01-2a", isTaken: true)
    #expect(other.text.hasPrefix(name.text + "/") && StatusName(other.text) == other && other.processID == 17)
    for text in ["packet-forwarder-status/a", "packet-forwarder-status/a/0", "packet-forwarder-status/a/x", "x/a/1"] {
      #expect(StatusName(text) == nil, "\(text)")
    }
  }
}
