/// One thing that keeps frames from being mirrored.
package enum HealthTrouble: Equatable, Sendable, CustomStringConvertible {
  /// A capture thread has ended although the program goes on.
  case workerEnded(index: Int)
  /// A capture thread has made no turn of its loop for so many milliseconds.
  case workerStalled(index: Int, milliseconds: Int64)
  /// An interface that INTERFACE names is not captured on.
  case interfaceLost(name: String, reason: String)
  /// Nothing is captured at all.
  case captureLost(reason: String)
  /// The capture filter could not be put in force, so it takes nothing.
  case filterClosed(reason: String)
  /// Frames have nowhere to go.
  case noDestination(reason: String)
  /// Every send has failed for so many milliseconds.
  case sendsFail(milliseconds: Int64, reason: String)

  /// Whether a start anew would help: the program itself stands still. Everything else is tried again in any case.
  package var isCuredByRestart: Bool {
    switch self {
    case .workerEnded, .workerStalled: true
    case .interfaceLost, .captureLost, .filterClosed, .noDestination, .sendsFail: false
    }
  }

  /// For people, without a full stop.
  package var description: String {
    switch self {
    case .workerEnded(let index): "capture thread \(index) has ended"
    case .workerStalled(let index, let milliseconds):
      "capture thread \(index) has made no turn for \(milliseconds / 1_000) s"
    case .interfaceLost(let name, let reason): "interface \(name) is not captured: \(reason)"
    case .captureLost(let reason): "nothing is captured: \(reason)"
    case .filterClosed(let reason): "the capture filter takes nothing: \(reason)"
    case .noDestination(let reason): "no destination: \(reason)"
    case .sendsFail(let milliseconds, let reason): "every send has failed for \(milliseconds / 1_000) s: \(reason)"
    }
  }
}
