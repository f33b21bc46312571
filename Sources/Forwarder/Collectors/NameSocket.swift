import Glibc
import System

/// Owner of an abstract Unix socket that others can find by its name, and ask who has it.
final class NameSocket: Sendable {
  private let owner: OwnedDescriptor

  /// For poll(2): readable when somebody asks who has the name.
  var descriptor: CInt { owner.value }

  /// Takes the name; nil if it is too long or taken.
  init?(_ name: String) {
    guard let opened = try? AbstractSocket.listen(name, backlog: 64) else { return nil }
    owner = opened
  }

  /// Closes the connections that wait, which is the answer to those who made them.
  func hangUp() {
    while (try? AbstractSocket.accept(on: descriptor)) != nil {}
  }

  /// A question to whoever has a name.
  struct Inquiry {
    /// User ID of the process that has taken it.
    let owner: uid_t
    /// Readable once the other side has hung up.
    let connection: OwnedDescriptor
  }

  /// Asks who has the name; nil if nobody has, or too many others are asking.
  static func ask(_ name: String) -> Inquiry? {
    guard let connection = try? AbstractSocket.connect(name), let user = AbstractSocket.user(behind: connection.value)
    else { return nil }
    return Inquiry(owner: user, connection: connection)
  }

  /// All abstract names in this network namespace that begin with `prefix`; none where there is no /proc.
  static func names(withPrefix prefix: String) -> [String] {
    (try? AbstractSocket.names(withPrefix: prefix)) ?? []
  }
}
