import Glibc
import System
import Testing

@testable import Telemetry

/// The status socket of this process, and clients that behave or do not.
@Suite(.timeLimit(.minutes(1))) final class StatusServerTests: Sendable {
  private let end: Event
  private let ended: Event
  private let server: StatusServer

  init() throws {
    end = try Event()
    ended = try Event()
    let long = String(repeating: "x", count: 3 << 20)
    // A number that no process has, since several of these run at a time.
    server = try StatusServer(processID: Int32.random(in: 10_000_000 ... .max)) { request in
      request == .document(flows: true) ? long : "answer to \(request.line)"
    }
    let (server, end, ended) = (server, end, ended)
    try BackgroundThread.run(name: "status") {
      server.run(until: end)
      ended.set()
    }
  }

  deinit { end.set() }

  private func ask(_ request: StatusRequest = .health) throws(StatusClient.Failure) -> String {
    try StatusClient.ask(request, of: server.name, within: 10_000)
  }

  /// What comes back for these bytes until the server hangs up.
  private func send(_ bytes: [UInt8]) throws -> String {
    let connection = try AbstractSocket.connect(server.name.text)
    #expect(try connection.sendNow(bytes) == bytes.count)
    var answer: [UInt8] = []
    while Polling.isReady(.readable(connection.value), within: 10_000) {
      let more = (try? connection.receiveNow(atMost: 1 << 16)) ?? []
      if more.isEmpty { return String(decoding: answer, as: UTF8.self) }
      answer += more
    }
    throw StatusClient.Failure.silent(milliseconds: 10_000)
  }

  @Test func itAnswers() throws {
    #expect(try ask() == "answer to health\n")
    #expect(try ask(.screen(flows: true)) == "answer to screen flows\n")
    #expect(StatusName.all().contains(server.name))
    end.set()
    #expect(ended.wait(milliseconds: 10_000))
  }

  @Test(arguments: ["\n", "nonsense\n", "health\nhealth\n", "health\nx", "\0\0\0\n", "health \n"])
  func whatIsNoRequestIsNotAnswered(_ text: String) throws {
    #expect(try send(Array(text.utf8)) == "")
    #expect(try ask() == "answer to health\n")
  }

  @Test func anEndlessLineIsNotRead() throws {
    #expect(try send([UInt8](repeating: UInt8(ascii: "h"), count: 10_000)) == "")
    #expect(try ask() == "answer to health\n")
  }

  /// A request may come in pieces, and an answer may be longer than any buffer.
  @Test func slowClientsAreServedForAWhile() throws {
    let connection = try AbstractSocket.connect(server.name.text)
    for byte in "health\n".utf8 { #expect(try connection.sendNow([byte]) == 1) }
    #expect(Polling.isReady(.readable(connection.value), within: 10_000))
    #expect(try connection.receiveNow(atMost: 100) == Array("answer to health\n".utf8))
    #expect(try ask(.document(flows: true)).utf8.count >= StatusAnswer.maximumByteCount)
  }

  /// Clients that say nothing lose their place to others, and all of them after a second.
  @Test func clientsThatNeverAskHoldUpNobody() throws {
    var silent: [OwnedDescriptor] = []
    while silent.count < 200 {
      if let connection = try? AbstractSocket.connect(server.name.text) { silent.append(connection) }
      if silent.count % 50 == 0 { #expect(try ask() == "answer to health\n") }
    }
    #expect(try ask() == "answer to health\n")
    let limit = TimeLimit(milliseconds: 10_000)
    for connection in silent { #expect(Polling.isReady(.closed(connection.value), within: limit.left)) }
  }

  /// Whoever takes the name first cannot keep the forwarder from being found.
  @Test func aTakenNameHasASecond() throws {
    let processID = server.name.processID
    let other = try StatusServer(processID: processID) { _ in "" }
    #expect(other.name != server.name && other.name.processID == processID && other.name.root == server.name.root)
    #expect(StatusName.all().count { $0.processID == processID } == 2)
  }

  @Test func nobodyThere() throws {
    let name = StatusName(processID: .max, root: "nowhere")
    #expect(throws: StatusClient.Failure.gone) { try StatusClient.ask(.health, of: name, within: 1_000) }
    // One that listens and never answers.
    let mute = try AbstractSocket.listen(name.text, backlog: 4)
    #expect(throws: StatusClient.Failure.silent(milliseconds: 50)) {
      try StatusClient.ask(.health, of: name, within: 50)
    }
    withExtendedLifetime(mute) {}
  }
}
