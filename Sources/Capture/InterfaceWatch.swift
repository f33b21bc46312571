import System

/// Follows the interfaces that INTERFACE names through going down, being renamed, deleted and made again.
///
/// A name means the interface that has it. When that one is renamed it is followed, for its index is what is captured
/// on, until it is deleted, or until another interface gets the name. While it is down nothing needs doing: the kernel
/// hooks the socket in again when it is up. What could not be seen meanwhile is counted.
struct InterfaceWatch {
  private struct Entry {
    /// As INTERFACE has it.
    let name: String
    /// What is captured on, or was last.
    var interface: NetworkInterface?
    /// Whether frames are being captured.
    var isCaptured = false
    /// When they were last, in milliseconds of `MonotonicClock`; nil before the first time.
    var lostAt: Int64?
    /// What was last reported while nothing is captured.
    var reason: String?
  }

  private var entries: [Entry]
  private var pastMilliseconds: Int64 = 0

  /// Follows `names`; none for `any`.
  init(_ names: [String]) {
    entries = names.map { Entry(name: $0) }
  }

  /// Indices of what is captured on, also of what is only down.
  var indices: [Int32] { entries.compactMap { $0.interface?.index } }

  /// Whether some interface is not captured on.
  var hasLost: Bool { entries.contains { !$0.isCaptured } }

  /// Milliseconds, summed over the interfaces, in which one that had been captured on was not.
  func blindMilliseconds(at now: Int64) -> UInt64 {
    let current = entries.reduce(Int64(0)) { sum, entry in
      guard !entry.isCaptured, let lostAt = entry.lostAt else { return sum }
      return sum + max(0, now - lostAt)
    }
    return UInt64(pastMilliseconds + current)
  }

  /// Compares with what there is now.
  ///
  /// - Parameters:
  ///   - present: every interface.
  ///   - wentDown: indices of those that were down since the last time, though they may be up again.
  ///   - now: milliseconds of `MonotonicClock`.
  ///   - capture: begins to capture on an interface, or goes on; where it throws, it is tried again the next time.
  ///   - report: hears of every change of state, once.
  mutating func update(
    _ present: [NetworkInterface], wentDown: Set<Int32> = [], now: Int64,
    capture: (NetworkInterface, _ name: String) throws(CaptureError) -> Void, report: (InterfaceEvent) -> Void
  ) {
    for position in entries.indices {
      let before = entries[position].interface
      let name = entries[position].name
      let found = present.first { $0.name == name } ?? present.first { $0.index == before?.index }
      guard let found else {
        lose(position, reason: "it is gone", now: now, report)
        entries[position].interface = nil
        continue
      }
      if let before, before.index == found.index, before.name != found.name {
        report(.renamed(name: before.name, to: found.name))
      }
      let isOther = before.map { $0.index != found.index } ?? false
      entries[position].interface = found
      if wentDown.contains(found.index) || !found.isUp {
        lose(position, reason: "it is down", now: now, report)
      } else if isOther {
        lose(position, reason: "it was replaced by another", now: now, report)
      }
      guard found.isUp, !entries[position].isCaptured else { continue }
      do throws(CaptureError) {
        try capture(found, name)
        regain(position, now: now, report)
      } catch {
        lose(position, reason: error.description, now: now, report)
      }
    }
  }

  /// Notes that the capture on `name` has ended by itself.
  mutating func lose(_ name: String, reason: String, now: Int64, report: (InterfaceEvent) -> Void) {
    guard let position = entries.firstIndex(where: { $0.name == name }) else { return }
    lose(position, reason: reason, now: now, report)
  }

  private mutating func lose(_ position: Int, reason: String, now: Int64, _ report: (InterfaceEvent) -> Void) {
    if entries[position].isCaptured { entries[position].lostAt = now }
    entries[position].isCaptured = false
    guard entries[position].reason != reason else { return }
    entries[position].reason = reason
    report(.lost(name: entries[position].name, reason: reason))
  }

  private mutating func regain(_ position: Int, now: Int64, _ report: (InterfaceEvent) -> Void) {
    guard let interface = entries[position].interface else { return }
    if let lostAt = entries[position].lostAt {
      let milliseconds = max(0, now - lostAt)
      pastMilliseconds += milliseconds
      report(.returned(name: entries[position].name, milliseconds: milliseconds))
    } else {
      report(.capturing(name: entries[position].name, linkType: interface.linkTypeName))
    }
    entries[position].isCaptured = true
    entries[position].reason = nil
  }
}
