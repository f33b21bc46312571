/// What a client asks of a running forwarder: one line, and then it gets the answer and no more.
package enum StatusRequest: Equatable, Sendable {
  /// Whether it is healthy.
  case health
  /// Its state as lines with moods, behind a line with the figures that rates are made of.
  case screen(flows: Bool)
  /// Its state as JSON.
  case document(flows: Bool)

  /// Bytes of the longest line, its end included.
  package static let maximumByteCount = 32

  /// From a line without its end; nil if it is none of these.
  package init?(_ line: String) {
    switch line {
    case "health": self = .health
    case "screen": self = .screen(flows: false)
    case "screen flows": self = .screen(flows: true)
    case "json": self = .document(flows: false)
    case "json flows": self = .document(flows: true)
    default: return nil
    }
  }

  /// The line, with its end.
  package var line: String {
    switch self {
    case .health: "health\n"
    case .screen(let flows): flows ? "screen flows\n" : "screen\n"
    case .document(let flows): flows ? "json flows\n" : "json\n"
    }
  }

  /// Whether the flows that carry most are wanted.
  package var wantsFlows: Bool {
    switch self {
    case .health: false
    case .screen(let flows), .document(let flows): flows
    }
  }
}
