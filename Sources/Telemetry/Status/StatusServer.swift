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
  /// Milliseconds that a client has.
  private static let patience: Int64 = 1_000
  /// Clients that are let in one after the other; then there is a pause.
  private static let acceptLimit = 32
  /// Milliseconds of that, so that no flood costs more than a little.
  private static let pause: Int64 = 10
  /// Milliseconds for which nobody is let in where there are no descriptors or no memory, so that the connection goes on
  /// waiting and would be found again at once.
  private static let famine: Int64 = 1_000
  private static let wants = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

  /// The name that clients find it by.
  package let name: StatusName
  private let listener: OwnedDescriptor
  private let answer: Answer

  /// A client and how far it has come. All is touched by the server's thread alone.
  private struct Client {
    let connection: OwnedDescriptor
    let deadline: Int64
    var request: [UInt8] = []
    /// What is still to be sent; nil while the request has not come.
    var answer: ArraySlice<UInt8>?
  }

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
    var clients: [Client] = []
    var openAt: Int64 = 0
    while !end.isSet {
      let now = MonotonicClock.milliseconds
      let isOpen = now >= openAt
      var entries: [pollfd] = [.readable(end.descriptor), .readable(isOpen ? listener.value : -1)]
      entries += clients.map { $0.answer == nil ? .readable($0.connection.value) : .writable($0.connection.value) }
      let next = (clients.map(\.deadline) + (isOpen ? [] : [openAt])).min()
      Polling.wait(&entries, milliseconds: next.map { CInt(clamping: max(0, $0 - now)) } ?? -1)
      let isReady = entries.dropFirst(2).map { $0.revents != 0 }
      clients = zip(clients, isReady).compactMap { client, isReady in isReady ? advanced(client) : client }
      let later = MonotonicClock.milliseconds
      clients.removeAll { $0.deadline <= later }
      if isOpen, entries[1].revents != 0 { openAt = later + accept(&clients, now: later) }
    }
  }

  /// Lets those in who wait.
  ///
  /// - Returns: milliseconds to let nobody else in.
  private func accept(_ clients: inout [Client], now: Int64) -> Int64 {
    for _ in 0..<Self.acceptLimit {
      do throws(SystemError) {
        guard let connection = try AbstractSocket.accept(on: listener.value) else { return 0 }
        guard let user = AbstractSocket.user(behind: connection.value), user == 0 || user == geteuid() else { continue }
        // Most have asked by now.
        guard let client = advanced(Client(connection: connection, deadline: now + Self.patience)) else { continue }
        if clients.count == Self.maximumClients { clients.removeFirst() }
        clients.append(client)
      } catch  where Self.wants.contains(error.code) {
        return Self.famine
      } catch {
        // Of this one connection only: it was gone before it was let in (accept(2)).
        continue
      }
    }
    return Self.pause
  }

  /// The client after what it can do now; nil when it is done, or has done wrong.
  private func advanced(_ client: Client) -> Client? {
    var client = client
    do throws(SystemError) {
      if client.answer == nil {
        let room = StatusRequest.maximumByteCount - client.request.count
        guard let more = try client.connection.receiveNow(atMost: room) else { return client }
        client.request += more
        guard let end = client.request.firstIndex(of: UInt8(ascii: "\n")) else {
          return more.isEmpty || client.request.count == StatusRequest.maximumByteCount ? nil : client
        }
        // One request, and nothing behind it.
        let line = String(decoding: client.request[..<end], as: UTF8.self)
        guard end + 1 == client.request.count, let request = StatusRequest(line) else { return nil }
        client.answer = Array(answer(request).utf8)[...]
      }
      guard let rest = client.answer else { return client }
      client.answer = rest.dropFirst(try client.connection.sendNow(Array(rest)))
      return client.answer?.isEmpty == true ? nil : client
    } catch {
      return nil
    }
  }
}
