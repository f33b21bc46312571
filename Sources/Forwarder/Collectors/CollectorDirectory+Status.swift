import Synchronization
import System
import Telemetry
import Transport

/// What is told of names and ports to whoever asks for the forwarder's state.
extension CollectorDirectory {
  /// Every entry of DESTINATION with the last that is known of it.
  var destinations: [ForwarderStatus.Destination] {
    let now = MonotonicClock.milliseconds
    let state = state.withLock { $0 }
    let used = settings.destinationMode == .failover ? state.election.choice.entry : nil
    return zip(settings.destinations, 0...).map { destination, index in
      let addresses = state.answers[destination] ?? []
      let subjects = ["name \(destination)"] + addresses.map { "path \($0)" } + ["ports"]
      return ForwarderStatus.Destination(
        name: destination.description, addresses: addresses.map(\.description),
        answerAge: state.answerTimes[destination].map { now - $0 },
        failure: subjects.compactMap { state.troubles[$0] }.first,
        state: used == nil || used == index ? "in use" : "standing by")
    }
  }

  /// The ports that all datagrams leave from: `49152-49155`, or `50000 50007` where no run was free.
  var sourcePortsText: String {
    sourcePorts.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: " ")
  }
}
