import Glibc
package import System

/// What goes on with one client of a `ClientLoop`. All is touched by the loop's thread alone.
package protocol Conversation {
  /// Whether the client is waited for to take something; else to send something.
  var isWriting: Bool { get }

  /// Goes as far as it can without waiting.
  ///
  /// - Throws: `SystemError`: the client is gone.
  /// - Returns: whether it is over.
  mutating func advance(over connection: OwnedDescriptor) throws(SystemError) -> Bool
}

/// Serves the clients of a listening socket on the caller's thread. There is a bound to what clients can make this thread
/// keep and do, and none waits for another.
package struct ClientLoop<Talk: Conversation> {
  /// What clients are given.
  package struct Limits: Sendable {
    /// Clients at a time. One more takes the place of the one that has been there longest.
    let clients: Int
    /// Milliseconds that a client has.
    let patience: Int64
    /// Clients that are let in one after the other; then there is a pause.
    let admissions: Int

    /// Limits chosen by hand.
    package init(clients: Int, patience: Int64, admissions: Int) {
      self.clients = clients
      self.patience = patience
      self.admissions = admissions
    }
  }

  private struct Client {
    let connection: OwnedDescriptor
    let deadline: Int64
    var talk: Talk
  }

  private let listener: OwnedDescriptor
  private let limits: Limits
  private let begin: (OwnedDescriptor) -> Talk?

  /// Milliseconds of a pause, so that no flood costs more than a little.
  private static var pause: Int64 { 10 }
  /// Milliseconds for which nobody is let in where there are no descriptors or no memory, so that the connection goes on
  /// waiting and would be found again at once.
  private static var famine: Int64 { 1_000 }
  private static var wants: [CInt] { [EMFILE, ENFILE, ENOBUFS, ENOMEM] }

  /// `begin` says what goes on with a new client; nil: nothing.
  package init(_ listener: OwnedDescriptor, _ limits: Limits, begin: @escaping (OwnedDescriptor) -> Talk?) {
    self.listener = listener
    self.limits = limits
    self.begin = begin
  }

  /// Serves until `end` has happened.
  package func run(until end: Event) {
    var clients: [Client] = []
    var openAt: Int64 = 0
    while !end.isSet {
      let now = MonotonicClock.milliseconds
      let isOpen = now >= openAt
      var entries: [pollfd] = [.readable(end.descriptor), .readable(isOpen ? listener.value : -1)]
      entries += clients.map { $0.talk.isWriting ? .writable($0.connection.value) : .readable($0.connection.value) }
      let next = (clients.map(\.deadline) + (isOpen ? [] : [openAt])).min()
      Polling.wait(&entries, milliseconds: next.map { CInt(clamping: max(0, $0 - now)) } ?? -1)
      let isReady = entries.dropFirst(2).map { $0.revents != 0 }
      clients = zip(clients, isReady).compactMap { client, isReady in isReady ? advanced(client) : client }
      let later = MonotonicClock.milliseconds
      clients.removeAll { $0.deadline <= later }
      if isOpen, entries[1].revents != 0 { openAt = later + admit(&clients, now: later) }
    }
  }

  /// Lets those in who wait.
  ///
  /// - Returns: milliseconds to let nobody else in.
  private func admit(_ clients: inout [Client], now: Int64) -> Int64 {
    for _ in 0..<limits.admissions {
      do throws(SystemError) {
        guard let connection = try AbstractSocket.accept(on: listener.value) else { return 0 }
        guard let talk = begin(connection) else { continue }
        // Most have asked by now.
        let client = Client(connection: connection, deadline: now + limits.patience, talk: talk)
        guard let client = advanced(client) else { continue }
        if clients.count == limits.clients { clients.removeFirst() }
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
      return try client.talk.advance(over: client.connection) ? nil : client
    } catch {
      return nil
    }
  }
}
