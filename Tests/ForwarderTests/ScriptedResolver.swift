import Synchronization
import System
import Transport

/// Answers every question with what it was last told, or with a failure.
final class ScriptedResolver: Sendable {
  private struct State {
    var answers: [String: [SocketAddress]] = [:]
    var questions = 0
  }

  private let state = Mutex(State())

  /// Questions so far.
  var questions: Int { state.withLock { $0.questions } }

  /// From now on `host` has these addresses; nil: none can be found.
  func set(_ host: String, _ addresses: [SocketAddress]?) { state.withLock { $0.answers[host] = addresses } }

  func resolve(_ destination: Destination) throws(Resolver.Failure) -> [SocketAddress] {
    let found = state.withLock { state in
      state.questions += 1
      return state.answers[destination.host]
    }
    guard let found else { throw Resolver.Failure(host: destination.host, reason: "no answer") }
    return found
  }
}

extension SocketAddress {
  /// A port of 127.0.0.1.
  static func loopback(_ port: UInt16) -> SocketAddress { SocketAddress(bytes: [127, 0, 0, 1], port: port) }
}
