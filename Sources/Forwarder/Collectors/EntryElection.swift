import System

/// Which entry of DESTINATION frames go to under `failover`: the first that works. One that works again has to do so for
/// most of RESOLVE_INTERVAL before it is gone back to, and much longer if it failed again soon after the last time, so that
/// one that comes and goes is left alone. Times are milliseconds of `MonotonicClock`.
struct EntryElection {
  /// An entry as it is known now.
  struct Entry: Equatable {
    /// Its addresses that there is a path to.
    var addresses: [SocketAddress]
    /// Since when its name has an answer; nil: it has none.
    var answeredSince: Int64?
  }

  /// What was decided.
  struct Choice: Equatable {
    /// Index of the entry; nil: none has an address.
    var entry: Int?
    /// Its addresses that work, or all of them where none does.
    var addresses: [SocketAddress] = []
  }

  /// An entry that fails again within so many milliseconds, or intervals if that is longer, of its return has to work
  /// `penalty` times as long the next time, and at least so many milliseconds.
  private static let leastProbation: Int64 = 120_000
  private static let probation: Int64 = 10
  private static let penalty: Int64 = 8
  private static let leastPenalty: Int64 = 60_000
  /// Milliseconds that an entry has to work at most.
  private static let longestHold: Int64 = 600_000

  /// What was decided last.
  private(set) var choice = Choice()
  private var health: [SocketAddress: AddressHealth] = [:]
  /// For each entry that was gone back to: when, and how long it has to work the next time.
  private var returns: [Int: (time: Int64, hold: Int64)] = [:]
  private let interval: Int64
  private let hold: Int64

  /// `interval` is RESOLVE_INTERVAL in seconds.
  init(interval: Int) {
    self.interval = Int64(interval) * 1_000
    // Less than all of it, so that the next look still is within the interval.
    hold = self.interval * 3 / 4
  }

  /// Takes in what was seen of an address.
  mutating func take(_ look: AddressHealth.Look, of address: SocketAddress, now: Int64) {
    health[address, default: AddressHealth()].take(look, now: now, memory: hold)
  }

  /// Why frames to `address` do not arrive; nil if they seem to.
  func trouble(of address: SocketAddress, now: Int64) -> AddressHealth.Trouble? {
    health[address]?.trouble(now: now, memory: hold)
  }

  /// Decides anew.
  mutating func elect(_ entries: [Entry], now: Int64) -> Choice {
    let known = Set(entries.flatMap(\.addresses))
    health = health.filter { known.contains($0.key) }
    let working = entries.map { entry in
      entry.answeredSince == nil ? [] : entry.addresses.filter { trouble(of: $0, now: now) == nil }
    }
    let current = choice.entry.flatMap { entries.indices.contains($0) ? $0 : nil }
    let next = next(entries, working, current, now)
    if let next, let current, next < current { wentBack(to: next, now) }
    if let current, next != current, working[current].isEmpty { failed(current, now) }
    let addresses = next.map { working[$0].isEmpty ? entries[$0].addresses : working[$0] } ?? []
    choice = Choice(entry: next, addresses: addresses)
    return choice
  }

  private func next(
    _ entries: [Entry], _ working: [[SocketAddress]], _ current: Int?, _ now: Int64
  ) -> Int? {
    func isProven(_ index: Int) -> Bool {
      guard let answered = entries[index].answeredSince, !working[index].isEmpty else { return false }
      let since = working[index].map { health[$0]?.wellSince ?? answered }.min() ?? answered
      return now - max(since, answered) >= returns[index]?.hold ?? hold
    }
    if let current, !working[current].isEmpty {
      return entries.indices.prefix(current).first(where: isProven) ?? current
    }
    return entries.indices.first(where: isProven) ?? working.firstIndex { !$0.isEmpty }
      // None works: where frames went they may still do, now and then.
      ?? current.flatMap { entries[$0].addresses.isEmpty ? nil : $0 }
      ?? entries.firstIndex { !$0.addresses.isEmpty }
  }

  private mutating func wentBack(to entry: Int, _ now: Int64) {
    returns[entry] = (now, returns[entry]?.hold ?? hold)
  }

  private mutating func failed(_ entry: Int, _ now: Int64) {
    guard let last = returns[entry] else { return }
    let wasShort = now - last.time < max(Self.probation * interval, Self.leastProbation)
    let penalty = min(max(last.hold * Self.penalty, Self.leastPenalty), Self.longestHold)
    returns[entry] = (last.time, wasShort ? penalty : hold)
  }
}
