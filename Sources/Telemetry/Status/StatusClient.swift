import Glibc
import System

/// Asks a running forwarder.
package enum StatusClient {
  /// Why there is no answer.
  package enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// No forwarder has the name any more.
    case gone
    /// It belongs to a user whom this one has no reason to believe.
    case otherUser(UInt32)
    /// It took the question, and did not answer in so many milliseconds.
    case silent(milliseconds: Int64)
    /// It hung up: it answers its own user and root only.
    case refused

    /// For people.
    package var description: String {
      switch self {
      case .gone: "the forwarder has ended"
      case .otherUser(let user): "it is run by another user (\(user))"
      case .silent(let milliseconds): "no answer in \(milliseconds) ms"
      case .refused: "it answers its own user and root only"
      }
    }
  }

  /// Tries to get an answer from a forwarder that hangs up: where very many others ask, that is how they are sent away.
  private static let tries = 3

  /// The answer of the forwarder called `name`.
  ///
  /// - Throws: `Failure`, after `milliseconds` at the latest.
  package static func ask(
    _ request: StatusRequest, of name: StatusName, within milliseconds: Int64
  ) throws(Failure) -> String {
    let limit = TimeLimit(milliseconds: milliseconds)
    for _ in 1..<tries {
      do throws(Failure) {
        return try askOnce(request, of: name, limit, milliseconds)
      } catch .refused {
        continue
      }
    }
    return try askOnce(request, of: name, limit, milliseconds)
  }

  private static func askOnce(
    _ request: StatusRequest, of name: StatusName, _ limit: TimeLimit, _ milliseconds: Int64
  ) throws(Failure) -> String {
    let connection: OwnedDescriptor
    do throws(SystemError) {
      connection = try AbstractSocket.connect(name.text, within: max(1, limit.left))
    } catch {
      throw error.code == EAGAIN ? .silent(milliseconds: milliseconds) : .gone
    }
    let user = AbstractSocket.user(behind: connection.value)
    // Anybody may take such a name. Root asks for others, and has nothing to fear from words.
    guard let user, user == 0 || user == geteuid() || geteuid() == 0 else { throw .otherUser(user ?? .max) }
    do throws(SystemError) {
      let line = Array(request.line.utf8)
      guard try connection.sendNow(line) == line.count else { throw SystemError(operation: "send", code: EAGAIN) }
    } catch {
      throw .refused
    }
    return try answer(on: connection, limit, milliseconds)
  }

  private static func answer(
    on connection: OwnedDescriptor, _ limit: TimeLimit, _ milliseconds: Int64
  ) throws(Failure) -> String {
    var bytes: [UInt8] = []
    while bytes.count < StatusAnswer.maximumByteCount {
      guard Polling.isReady(.readable(connection.value), within: limit.left) else {
        throw .silent(milliseconds: milliseconds)
      }
      // A reset is the end as well: who does not like the user does not read the question.
      let more = (try? connection.receiveNow(atMost: 64 << 10)) ?? []
      if more.isEmpty { break }
      bytes += more
    }
    guard !bytes.isEmpty else { throw .refused }
    return String(decoding: bytes, as: UTF8.self)
  }
}
