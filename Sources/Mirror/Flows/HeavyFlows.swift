import Capture
import Wire

/// Which flows the capture's filter is to keep out: those of which most is withheld. What the filter keeps out costs the
/// application no copy.
struct HeavyFlows: ~Copyable {
  /// Connections that are kept out at most.
  static let capacity = 32
  /// Bytes that are withheld of a flow in a second before it is worth a place in the filter.
  static let threshold: UInt32 = 1 << 20
  /// Flows that may become heavy in a period.
  private static let candidateCapacity = 64
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

  /// Those of this period, in memory that is there from the start. An inline array here would be copied with its owner, for
  /// each frame.
  private var candidates: [Candidate] = []
  private var period: UInt8 = 0
  /// In the order in which the filter has them.
  private var excluded: [Excluded] = []
  /// How many of them are in force.
  private var inForce = 0
  /// Since when, in nanoseconds since 1970.
  private(set) var inForceSince: Int64 = .max

  /// No flow is heavy yet.
  init() { candidates.reserveCapacity(Self.candidateCapacity) }

  /// Whether flows have become heavy in this period.
  var hasCandidates: Bool { !candidates.isEmpty }

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
    guard before < Self.threshold, entry.periodBytes >= Self.threshold, candidates.count < Self.candidateCapacity
    else { return }
    candidates.append(Candidate(place: place, isLower: isLower))
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
    candidates.removeAll { $0.place == place }
  }

  // MARK: Once a second

  /// What the filter is to keep out from now on, heaviest first; nil if nothing is kept out and nothing is to be. Then call
  /// `apply`.
  mutating func choose(_ table: inout FlowTable) -> [WithheldFlow]? {
    defer {
      period &+= 1
      candidates.removeAll(keepingCapacity: true)
    }
    guard !candidates.isEmpty || !excluded.isEmpty else { return nil }
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
    for candidate in candidates where !chosen.contains(where: { $0.place == candidate.place }) {
      let (place, isLower) = (candidate.place, candidate.isLower)
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

  static func ports(_ source: FlowKey.Endpoint, _ destination: FlowKey.Endpoint) -> UInt32 {
    UInt32(source.port) << 16 | UInt32(destination.port)
  }
}
