import Glibc
package import System

/// Answers those who ask for the forwarder's state: its own user and root, over an abstract Unix socket.
///
/// One request a connection, of a line at most; each has a second to ask and to take the answer. There is a bound to all
/// that a client can make this thread keep, and nobody else waits for it.
package final class StatusServer: Sendable {
  /// Makes the answer to a request.
  package typealias Answer = @Sendable (StatusRequest) -> String

  /// Clients at a time. One more takes the place of the one that has been there longest.
  package static let maximumClients = 16

  /// The name that clients find it by.
  package let name: StatusName
  private let listener: OwnedDescriptor
  private let answer: Answer

  /// Takes the name of this process.
  ///
  /// - Throws: `SystemError` where there are no such sockets, or no descriptors.
  package init(processID: Int32 = getpid(), answer: @escaping Answer) throws(SystemError) {
    self.answer = answer
    var name = StatusName(processID: processID)
    let opened: OwnedDescriptor
    do throws(SystemError) {
      opened = try AbstractSocket.listen(name.text, backlog: 64)
    } catch  where error.code == EADDRINUSE {
      // Whoever has it cannot keep this one from being found.
      name = StatusName(processID: processID, isTaken: true)
      opened = try AbstractSocket.listen(name.text, backlog: 64)
    }
    self.name = name
    listener = opened
  }

  /// Answers until `end` has happened.
  package func run(until end: Event) {
    let limits = ClientLoop<StatusTalk>.Limits(clients: Self.maximumClients, patience: 1_000, admissions: 32)
    ClientLoop(listener, limits) { [answer] connection in
      guard let user = AbstractSocket.user(behind: connection.value), user == 0 || user == geteuid() else { return nil }
      return StatusTalk(answer: answer)
    }.run(until: end)
  }
}

/// A request, and what is still to be sent of the answer.
private struct StatusTalk: Conversation {
  let answer: StatusServer.Answer
  private var request: [UInt8] = []
  /// nil while the request has not come.
  private var rest: ArraySlice<UInt8>?

  init(answer: @escaping StatusServer.Answer) { self.answer = answer }

  var isWriting: Bool { rest != nil }

  mutating func advance(over connection: OwnedDescriptor) throws(SystemError) -> Bool {
    if rest == nil {
      let room = StatusRequest.maximumByteCount - request.count
      guard let more = try connection.receiveNow(atMost: room) else { return false }
      request += more
      guard let end = request.firstIndex(of: UInt8(ascii: "\n")) else {
        return more.isEmpty || request.count == StatusRequest.maximumByteCount
      }
      // One request, and nothing behind it.
      let line = String(decoding: request[..<end], as: UTF8.self)
      guard end + 1 == request.count, let known = StatusRequest(line) else { return true }
      rest = Array(answer(known).utf8)[...]
    }
    guard let unsent = rest else { return false }
    rest = unsent.dropFirst(try connection.sendNow(Array(unsent)))
    return rest?.isEmpty == true
  }
}
