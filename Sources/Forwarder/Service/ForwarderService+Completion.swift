import Mirror
import Synchronization
import System
package import Telemetry

/// `--for` and `--until-packets`: when it ends by itself, and what is said of it then.
extension ForwarderService {
  /// Milliseconds until `--for` is over, from when every worker captured first; nil where there is no such end, or
  /// nothing is captured yet. `completion` happens when they are over.
  func millisecondsToCompletion() -> Int64? {
    guard let seconds = settings.mirrorsFor else { return nil }
    let (now, areCapturing) = (MonotonicClock.milliseconds, workers.allSatisfy(\.status.isCapturing))
    let start = state.withLock { state in
      if state.capturingSince == nil, areCapturing { state.capturingSince = now }
      return state.capturingSince
    }
    guard let start else { return nil }
    let left = start + Int64(seconds) * 1_000 - now
    if left > 0 { return left }
    completion.set()
    return nil
  }

  /// The quota of `--until-packets`, if there is one.
  static func quota(_ settings: Settings, _ completion: Event) -> PacketQuota? {
    settings.untilPackets.map { PacketQuota($0) { completion.set() } }
  }

  /// What came of a run that was to end by itself, once it has ended; nil for any other.
  package var summary: RunSummary? {
    guard settings.mirrorsFor != nil || settings.untilPackets != nil else { return nil }
    return RunSummary(snapshot, processorNanoseconds: ProcessClock.nanoseconds)
  }
}
