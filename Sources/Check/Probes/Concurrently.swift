import Synchronization
import System

/// Runs what blocks on threads of its own, and waits for it no longer than is allowed.
enum Concurrently {
  /// What `body` returns for each item, in their order; nil for what had not ended by `limit`. That goes on behind, and
  /// nobody hears of it.
  static func map<Item: Sendable, Outcome: Sendable>(
    _ items: [Item], until limit: TimeLimit, _ body: @escaping @Sendable (Item) -> Outcome
  ) -> [Outcome?] {
    let results = Results<Outcome>(count: items.count)
    guard let ended = try? EventDescriptor() else { return items.map(body) }
    for (index, item) in items.enumerated() {
      let work: @Sendable () -> Void = {
        results.set(body(item), at: index)
        ended.signal()
      }
      // Without a thread to be had, here and now.
      if (try? BackgroundThread.run(name: "check", work)) == nil { work() }
    }
    ended.wait(limit) { results.isComplete }
    return results.all
  }

  private final class Results<Outcome: Sendable>: Sendable {
    private let found: Mutex<[Outcome?]>

    init(count: Int) { found = Mutex(Array(repeating: nil, count: count)) }

    func set(_ outcome: Outcome, at index: Int) { found.withLock { $0[index] = outcome } }

    var isComplete: Bool { found.withLock { $0.allSatisfy { $0 != nil } } }

    var all: [Outcome?] { found.withLock { $0 } }
  }
}
