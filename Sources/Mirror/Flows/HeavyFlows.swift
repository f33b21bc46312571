import Capture
import Wire

/// Which flows the capture's filter is to keep out: those of which most is withheld. What the filter keeps out costs the
/// application no copy.
struct HeavyFlows: ~Copyable {
  /// Connections that are kept out at most.
  static let capacity = 32
  /// Bytes that are withheld of a flow in a second before it is worth a place in the filter.
  static let threshold: UInt32 = 1 << 20
  /// Seconds after which a flow of which not even a sample was captured gives its place up.
  static let silence: UInt64 = 10
  /// What each captured datagram of a flow that the filter keeps out stands for.
  static let sampling = UInt64(WithheldFlow.sampling)

  /// A connection that the filter keeps out, or is to.
  private struct Excluded {
    var place: Int
    /// In both directions, or in the one that is withheld.
    var flows: [WithheldFlow]
    /// What was withheld in the last second.
    var byteCount: UInt32
    /// Ends of the two directions when that was looked at last.
    var ends: (lower: UInt32, upper: UInt32)
  }

  /// A flow that has become heavy, by what its lower or its upper endpoint sends.
  private struct Candidate: BitwiseCopyable {
    var place: Int
    var isLower: Bool
  }

  private var candidates: InlineArray<64, Candidate> = InlineArray(repeating: Candidate(place: -1, isLower: false))
  private var candidateCount = 0
  private var period: UInt8 = 0
  /// In the order in which the filter has them.
  private var excluded: [Excluded] = []
  /// How many of them are in force.
  private var inForce = 0
  /// Since when, in nanoseconds since 1970.
  private(set) var inForceSince: Int64 = .max

  /// Whether flows have become heavy in this period.
  var hasCandidates: Bool { candidateCount > 0 }

  /// Connections that the filter keeps out.
  var count: Int { inForce }

  /// Directions of connections in the filter's list that are in force.
  var flowCount: Int { excluded.prefix(inForce).reduce(0) { $0 + $1.flows.count } }

  /// So many bytes were withheld of what the lower endpoint, or the other, of the flow in a place has sent.
  @inline(__always)
  mutating func note(_ entry: inout FlowEntry, _ place: Int, fromLower isLower: Bool, _ byteCount: UInt64) {
    if entry.period != period { (entry.period, entry.periodBytes) = (period, 0) }
    let before = entry.periodBytes
    entry.periodBytes = UInt32(clamping: UInt64(before) + byteCount)
    guard before < Self.threshold, entry.periodBytes >= Self.threshold, candidateCount < candidates.count else {
      return
    }
    candidates[candidateCount] = Candidate(place: place, isLower: isLower)
    candidateCount += 1
  }

  /// Whether the filter keeps out what is like this segment, so that it is a sample of many.
  func isSample(_ place: Int, _ segment: FlowSegment) -> Bool {
    for index in 0..<inForce where excluded[index].place == place {
      for flow in excluded[index].flows where flow.ports == Self.ports(segment.source, segment.destination) {
        return flow.sequence.contains(segment.sequence) && flow.acknowledgment.contains(segment.acknowledgment)
      }
    }
    return false
  }

  /// Payload bytes between `end` and the segment that the filter keeps out.
  func keptOut(_ place: Int, _ segment: FlowSegment, since end: UInt32) -> UInt64 {
    for index in 0..<inForce where excluded[index].place == place {
      for flow in excluded[index].flows where flow.ports == Self.ports(segment.source, segment.destination) {
        let room = sequenceDistance(flow.sequence.start &+ flow.sequence.count, from: end)
        return UInt64(max(0, min(sequenceDistance(segment.sequence, from: end), room)))
      }
    }
    return 0
  }

  /// Another flow has this place now, or none.
  mutating func forget(_ place: Int) {
    for index in excluded.indices where excluded[index].place == place { excluded[index].place = -1 }
    for index in 0..<candidateCount where candidates[index].place == place { candidates[index].place = -1 }
  }

  // MARK: Once a second

  /// What the filter is to keep out from now on, heaviest first; nil if nothing is kept out and nothing is to be. Then call
  /// `apply`.
  mutating func choose(_ table: inout FlowTable) -> [WithheldFlow]? {
    defer {
      period &+= 1
      candidateCount = 0
    }
    guard candidateCount > 0 || !excluded.isEmpty else { return nil }
    var chosen: [Excluded] = []
    for before in excluded where before.place >= 0 {
      let entry = table[before.place]
      var next = before
      next.byteCount = entry.period == period ? entry.periodBytes : 0
      let pace = (
        lower: UInt32(max(0, sequenceDistance(entry.lower.end, from: before.ends.lower))),
        upper: UInt32(max(0, sequenceDistance(entry.upper.end, from: before.ends.upper)))
      )
      next.ends = (entry.lower.end, entry.upper.end)
      next.flows = Self.flows(entry, pace)
      if !next.flows.isEmpty, table.isActive(before.place, within: Self.silence) { chosen.append(next) }
    }
    for index in 0..<candidateCount {
      let (place, isLower) = (candidates[index].place, candidates[index].isLower)
      guard place >= 0, !chosen.contains(where: { $0.place == place }) else { continue }
      let entry = table[place]
      let flows = Self.flows(entry, isLower ? (entry.periodBytes, 0) : (0, entry.periodBytes))
      guard !flows.isEmpty else { continue }
      chosen.append(
        Excluded(place: place, flows: flows, byteCount: entry.periodBytes, ends: (entry.lower.end, entry.upper.end)))
    }
    chosen.sort { $0.byteCount > $1.byteCount }
    if chosen.count > Self.capacity { chosen.removeSubrange(Self.capacity...) }
    for before in excluded where before.place >= 0 && !chosen.contains(where: { $0.place == before.place }) {
      table[before.place].returnFromKernel()
    }
    excluded = chosen
    inForce = 0
    return chosen.flatMap(\.flows)
  }

  /// So many of the flows that were chosen are kept out, from the first one on, since `time` (nanoseconds since 1970).
  mutating func apply(_ count: Int, since time: Int64, _ table: inout FlowTable) {
    var sum = 0
    inForce = 0
    for entry in excluded {
      sum += entry.flows.count
      let isKeptOut = sum <= count
      if isKeptOut { inForce += 1 }
      guard entry.place >= 0 else { continue }
      if isKeptOut { table[entry.place].isExcluded = true } else { table[entry.place].returnFromKernel() }
    }
    excluded.removeSubrange(inForce...)
    inForceSince = time
  }

  private static func ports(_ source: FlowKey.Endpoint, _ destination: FlowKey.Endpoint) -> UInt32 {
    UInt32(source.port) << 16 | UInt32(destination.port)
  }
}

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
  private static func flows(_ entry: FlowEntry, _ pace: (lower: UInt32, upper: UInt32)) -> [WithheldFlow] {
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
