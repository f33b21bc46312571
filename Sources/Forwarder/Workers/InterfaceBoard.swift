import Capture
import Synchronization
import Telemetry

/// What has been heard of each interface last, for whoever asks.
final class InterfaceBoard: Sendable {
  private enum State {
    case captured(linkType: String?)
    case lost(reason: String)
    case leftOut(reason: String)
  }

  /// Interfaces of which is kept what was heard; there may be thousands in the life of a host.
  private static let maximumCount = 256

  private let states = Mutex<[String: State]>([:])

  /// Takes in what has happened.
  func note(_ event: InterfaceEvent) {
    states.withLock { states in
      switch event {
      case .capturing(let name, let linkType): states[name] = .captured(linkType: linkType)
      case .returned(let name, _): states[name] = .captured(linkType: nil)
      case .lost(let name, let reason): states[name] = .lost(reason: reason)
      case .skipped(let name, let reason): states[name] = .leftOut(reason: reason)
      // It is captured on under the name that it was asked for by.
      case .renamed: break
      }
      if states.count > Self.maximumCount, let any = states.keys.first { states[any] = nil }
    }
  }

  /// Those that INTERFACE names, with the link types in `present`; of `any` what the kernel tells of now, in the order
  /// of `present`. An empty `present` is one that nobody has looked for: then `any` has none.
  func interfaces(_ wanted: CapturePlan.Interfaces, present: [NetworkInterface]) -> [ForwarderStatus.Interface] {
    let states = states.withLock { $0 }
    switch wanted {
    case .named(let names):
      return names.map { name in
        let linkType = present.first { $0.name == name }?.linkTypeName
        switch states[name] {
        case .captured(let heard): return .init(name: name, linkType: linkType ?? heard, state: "captured")
        case .lost(let reason), .leftOut(let reason):
          return .init(name: name, linkType: linkType, state: "lost", trouble: reason)
        // Not heard of: the capture as a whole says why.
        case nil: return .init(name: name, linkType: linkType, state: "lost")
        }
      }
    case .any:
      return present.map { interface in
        var state = interface.isUp ? "captured" : "down"
        if case .leftOut = states[interface.name] { state = "left out" }
        return .init(name: interface.name, linkType: interface.linkTypeName, state: state)
      }
    }
  }
}
