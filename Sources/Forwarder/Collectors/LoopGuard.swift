import Glibc
import Logging
import Synchronization
import System
import Transport

/// The other forwarders in this network namespace.
///
/// Two that send to different collectors would take each other's datagrams for traffic, mirror them, and so on
/// without end. Where the kernel lets them mark what they send (`OwnMark`), the mark is enough. Elsewhere each tells by
/// the names of sockets from which UDP ports it sends, and none mirrors what leaves from the ports of another:
/// `packet-forwarder/INSTANCE/FIRST-LAST`. Who comes later asks those that are there and waits for their answer, which
/// they give once they leave out what it is going to send. Only forwarders of the own user and of root are believed,
/// since whoever is can hide what leaves from those ports.
package final class LoopGuard: Sendable {
  /// Milliseconds between looks. There is no haste: of two forwarders the one that starts later knows the other at
  /// once, and one is enough to break the circle.
  static let interval: Int64 = 10_000
  /// Others' port ranges that are taken notice of; each lengthens the capture filter.
  static let maximumCount = 16

  private struct State {
    var sockets: [ClosedRange<UInt16>: NameSocket] = [:]
    /// Whether names seen at the last look are believed.
    var verdicts: [String: Bool] = [:]
    var found: [ClosedRange<UInt16>] = []
    /// What of `found` has been logged.
    var reported: [ClosedRange<UInt16>] = []
    /// What the first sender that was not believed says of itself.
    var doubted: ClosedRange<UInt16>?
    var isDoubtReported = false
    /// Connections to others that were found now and have not answered yet.
    var unanswered: [OwnedDescriptor] = []
  }

  private let instance = String(UInt64.random(in: .min ... .max), radix: 16)
  private let prefix: String
  private let state = Mutex(State())

  /// Forwarders with names that begin with `prefix`.
  package init(prefix: String = "packet-forwarder/") {
    self.prefix = prefix
  }

  /// Tells the others that this forwarder sends from these UDP ports.
  func announce(_ ranges: [ClosedRange<UInt16>]) {
    state.withLock { state in
      state.sockets = state.sockets.filter { ranges.contains($0.key) }
      for range in ranges where state.sockets[range] == nil {
        state.sockets[range] = NameSocket("\(prefix)\(instance)/\(range.lowerBound)-\(range.upperBound)")
      }
    }
  }

  /// Looks from which ports the others send now.
  package func look() -> [ClosedRange<UInt16>] {
    let names = NameSocket.names(withPrefix: prefix)
    return state.withLock { state in
      state.found = find(names, &state)
      return state.found
    }
  }

  /// For poll(2): readable when another forwarder asks.
  var descriptors: [CInt] { state.withLock { $0.sockets.values.map(\.descriptor) } }

  /// Answers those who have asked: what they are going to send is left out from now on.
  func answer() {
    state.withLock { state in
      for socket in state.sockets.values { socket.hangUp() }
    }
  }

  /// Waits for the answers of those that the last looks have found, at most `milliseconds`, or until `end`.
  func awaitAnswers(milliseconds: Int64, unless end: Event? = nil) {
    let waiting = state.withLock { state in
      defer { state.unanswered = [] }
      return state.unanswered
    }
    let limit = TimeLimit(milliseconds: milliseconds)
    for connection in waiting where end?.isSet != true {
      var entries: [pollfd] = [.readable(connection.value), .readable(end?.descriptor ?? -1)]
      Polling.wait(&entries, milliseconds: limit.left)
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
    for range in now where !before.contains(range) {
      logger.notice("another forwarder here sends from UDP ports \(Self.text(range)); what it sends is not mirrored")
    }
    for range in before where !now.contains(range) {
      logger.notice("the other forwarder that sent from UDP ports \(Self.text(range)) is gone")
    }
    if let doubted {
      logger.warning(
        """
        another user's process calls itself a forwarder from UDP ports \(Self.text(doubted)); it is not believed, so \
        what it sends is mirrored
        """)
    }
  }

  private func find(_ names: [String], _ state: inout State) -> [ClosedRange<UInt16>] {
    var verdicts: [String: Bool] = [:]
    var found: Set<ClosedRange<UInt16>> = []
    for name in Set(names).sorted() {
      guard let range = ports(in: name) else { continue }
      // The verdict is on the whole name: whoever takes it over can only repeat what it says.
      guard let isBelieved = state.verdicts[name] ?? ask(name, &state) else { continue }
      verdicts[name] = isBelieved
      if isBelieved {
        found.insert(range)
      } else if state.doubted == nil {
        state.doubted = range
      }
      if found.count == Self.maximumCount { break }
    }
    state.verdicts = verdicts
    return found.sorted { $0.lowerBound < $1.lowerBound }
  }

  /// Whether the owner of a name may be believed; nil if it cannot be asked.
  private func ask(_ name: String, _ state: inout State) -> Bool? {
    guard let inquiry = NameSocket.ask(name) else { return nil }
    let isTrusted = inquiry.owner == 0 || inquiry.owner == geteuid()
    if isTrusted { state.unanswered.append(inquiry.connection) }
    return isTrusted
  }

  /// The ports that another forwarder's name tells; nil for our own names and what is not a name of this form.
  private func ports(in name: String) -> ClosedRange<UInt16>? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1] != instance else { return nil }
    let ends = parts[2].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, ends.allSatisfy({ $0.allSatisfy(\.isNumber) }), let first = UInt16(ends[0]),
      let last = UInt16(ends[1]), first > 0, first <= last, last - first < 256
    else { return nil }
    return first...last
  }

  private static func text(_ range: ClosedRange<UInt16>) -> String { "\(range.lowerBound)-\(range.upperBound)" }
}
