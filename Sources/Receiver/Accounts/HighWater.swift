internal import Synchronization
internal import Telemetry

/// Keeps counters from falling. What is lost, doubled or delivered is told for certain only later, so that it may go down
/// by a little; a counter that falls means a new start to Prometheus, and all of it would be counted once more.
final class HighWater: Sendable {
  private struct Key: Hashable {
    var name: String
    var labels: [String]
  }

  private let highest = Mutex<[Key: UInt64]>([:])

  /// The family with the highest that each of its numbers has been.
  func raised(_ family: MetricFamily) -> MetricFamily {
    var family = family
    highest.withLock { highest in
      for index in family.samples.indices {
        guard case .whole(let number) = family.samples[index].value else { continue }
        let key = Key(name: family.name, labels: family.samples[index].labels.map(\.value))
        let most = max(number, highest[key] ?? 0)
        highest[key] = most
        family.samples[index].value = .whole(most)
      }
    }
    return family
  }
}
