import Capture
import Wire

// What of a flow a filter can tell from everything else. A connection that uses the same ports later must not be taken for
// this one: it begins with a SYN, which is captured and ends the exclusion, and until that has reached the filter its
// numbers would have to lie in both windows. Of a download the one of what the client sends is 128 KiB of 4 GiB.
extension HeavyFlows {
  /// The least behind the highest number that was seen, for what is sent again or comes late, and ahead of it.
  private static let least: UInt32 = 1 << 16
  /// Seconds that a window lasts at the pace of the moment.
  private static let seconds: UInt32 = 4
  /// No frame is longer, so that one that begins so far in front of a body's end ends within it.
  private static let longestFrame: UInt32 = 1 << 20

  /// `pace`: bytes a second of both directions, as far as is known.
  static func flows(_ entry: FlowEntry, _ pace: (lower: UInt32, upper: UInt32)) -> [WithheldFlow] {
    let (lower, upper) = (entry.lower, entry.upper)
    let isUDP = entry.key.upperProtocol == IPProtocol.udp
    guard isUDP || lower.facts.contains(.seen) && upper.facts.contains(.seen) else { return [] }
    if entry.side != .withheld, entry.stage == .http || entry.stage == .turns {
      return response(entry, fromLower: entry.opener == .upper, entry.opener == .upper ? pace.lower : pace.upper)
    }
    let lowerWindow = isUDP ? .all : window(lower.end, pace.lower)
    let upperWindow = isUDP ? .all : window(upper.end, pace.upper)
    var exception = WithheldFlow.Exception.nothing
    if entry.side != .withheld, entry.stage == .tls { exception = .records }
    if entry.side != .withheld, entry.stage == .quic { exception = .longHeaders }
    return [
      flow(entry, fromLower: true, lowerWindow, acknowledging: upperWindow, exception),
      flow(entry, fromLower: false, upperWindow, acknowledging: lowerWindow, exception),
    ]
  }

  private static func window(_ end: UInt32, _ pace: UInt32) -> WithheldFlow.Window {
    let (past, ahead) = (Self.past(pace), Self.ahead(pace))
    return WithheldFlow.Window(start: end &- past, count: past + ahead)
  }

  /// What was sent in a quarter of a second at most.
  private static func past(_ pace: UInt32) -> UInt32 { min(max(pace / 4, least), 1 << 28) }

  private static func ahead(_ pace: UInt32) -> UInt32 {
    max(min(pace, (1 << 31 - 1 << 28) / seconds) * seconds, least)
  }

  /// Of a response what lies within its body. It acknowledges the request it answers, and nothing that was sent later:
  /// what answers the next request does.
  private static func response(_ entry: FlowEntry, fromLower isLower: Bool, _ pace: UInt32) -> [WithheldFlow] {
    let (server, client) = (entry[fromLower: isLower], entry[fromLower: !isLower])
    guard server.facts.contains(.cutting), client.facts.contains(.seen) else { return [] }
    let isBody = entry.stage == .http && server.isInBody
    guard entry.stage == .turns || isBody else { return [] }
    let position = isBody ? server.position : server.end
    // From the place on where withholding begins, and up to the end of the body or so far ahead.
    let past = min(Int(Self.past(pace)), max(0, sequenceDistance(position, from: server.cut)))
    var ahead = UInt64(Self.ahead(pace))
    if isBody, server.http == .body {
      guard server.remaining > UInt64(2 * longestFrame) else { return [] }
      ahead = min(ahead, server.remaining - UInt64(longestFrame))
    }
    let sequence = WithheldFlow.Window(
      start: position &- UInt32(past), count: UInt32(past) + UInt32(clamping: ahead))
    guard sequenceDistance(position, from: server.cut) >= 0 else { return [] }
    let acknowledgment = WithheldFlow.Window(start: client.end &- Self.least &+ 1, count: Self.least)
    return [flow(entry, fromLower: isLower, sequence, acknowledging: acknowledgment, .nothing)]
  }

  private static func flow(
    _ entry: FlowEntry, fromLower isLower: Bool, _ sequence: WithheldFlow.Window,
    acknowledging acknowledgment: WithheldFlow.Window, _ exception: WithheldFlow.Exception
  ) -> WithheldFlow {
    let source = isLower ? entry.key.lower : entry.key.upper
    let destination = isLower ? entry.key.upper : entry.key.lower
    return WithheldFlow(
      source: .init(high: source.high, low: source.low),
      destination: .init(high: destination.high, low: destination.low),
      ports: ports(source, destination), version: entry.key.version, upperProtocol: entry.key.upperProtocol,
      sequence: sequence, acknowledgment: acknowledgment, exception: exception)
  }
}
