import Glibc
import Logging
import Synchronization
import System
import Transport

/// The other forwarders in this network namespace.
///
/// Two that send to different collectors would take each other's datagrams for traffic, mirror them, and so on
/// without end. So each tells by the names of sockets where it sends, and none mirrors what the others send:
/// `packet-forwarder/INSTANCE/PORT/ADDRESS`. Only forwarders of the own user and of root are believed, since whoever is
/// can hide its UDP traffic to that port and address.
final class Siblings: Sendable {
  /// Milliseconds between looks. There is no haste: of two forwarders the one that starts later knows the other at
  /// once, and one is enough to break the circle.
  static let interval: Int64 = 10_000
  /// Others' collectors that are taken notice of; each lengthens the capture filter.
  static let maximumCount = 16

  private struct State {
    var sockets: [SocketAddress: NameSocket] = [:]
    /// Whether names seen at the last look are believed.
    var verdicts: [String: Bool] = [:]
    var found: [SocketAddress] = []
    /// What of `found` has been logged.
    var reported: [SocketAddress] = []
    /// Where the first sender that was not believed says it sends.
    var doubted: SocketAddress?
    var isDoubtReported = false
  }

  private let instance = String(UInt64.random(in: .min ... .max), radix: 16)
  private let prefix: String
  private let state = Mutex(State())

  /// Forwarders with names that begin with `prefix`.
  init(prefix: String = "packet-forwarder/") {
    self.prefix = prefix
  }

  /// Tells the others that this forwarder sends to these collectors, and to no more.
  func announce(_ collectors: [SocketAddress]) {
    state.withLock { state in
      state.sockets = state.sockets.filter { collectors.contains($0.key) }
      for address in collectors where state.sockets[address] == nil {
        state.sockets[address] = NameSocket("\(prefix)\(instance)/\(address.port)/\(address.host)")
      }
    }
  }

  /// Looks where the others send now.
  func look() -> [SocketAddress] {
    let names = NameSocket.names(withPrefix: prefix)
    return state.withLock { state in
      for socket in state.sockets.values { socket.hangUp() }
      state.found = find(names, &state)
      return state.found
    }
  }

  /// Logs what has changed since the last time. Apart from the look, so that a start that fails says nothing but why.
  func report(to logger: Logger) {
    let (before, now, doubted) = state.withLock { state in
      let doubted = state.isDoubtReported ? nil : state.doubted
      defer {
        state.reported = state.found
        state.isDoubtReported = state.doubted != nil
      }
      return (state.reported, state.found, doubted)
    }
    for address in now where !before.contains(address) {
      logger.notice("another forwarder here sends to \(address); what it sends is not mirrored")
    }
    for address in before where !now.contains(address) {
      logger.notice("no other forwarder here sends to \(address) any more")
    }
    if let doubted {
      logger.warning(
        "another user's process calls itself a forwarder to \(doubted); it is not believed, so its datagrams are mirrored"
      )
    }
  }

  private func find(_ names: [String], _ state: inout State) -> [SocketAddress] {
    var verdicts: [String: Bool] = [:]
    var found: Set<SocketAddress> = []
    for name in Set(names).sorted() {
      guard let address = collector(in: name) else { continue }
      // The verdict is on the whole name: whoever takes it over can only repeat what it says.
      guard let isBelieved = state.verdicts[name] ?? NameSocket.owner(of: name).map(Self.isTrusted) else { continue }
      verdicts[name] = isBelieved
      if isBelieved {
        found.insert(address)
      } else if state.doubted == nil {
        state.doubted = address
      }
      if found.count == Self.maximumCount { break }
    }
    state.verdicts = verdicts
    return found.sorted()
  }

  /// The collector that another forwarder's name tells; nil for our own names and what is not a name of this form.
  private func collector(in name: String) -> SocketAddress? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[1] != instance, let port = UInt16(parts[2]), port > 0 else { return nil }
    return SocketAddress(numeric: String(parts[3]), port: port)
  }

  private static func isTrusted(_ owner: uid_t) -> Bool { owner == 0 || owner == geteuid() }
}
