import Wire

/// How much of a response is mirrored (FLOW_DEPTH): a tenth more or less, so that nobody knows where it ends.
struct FlowDepth: BitwiseCopyable {
  private let byteCount: Int
  private let flow: FlowHash

  /// The depth in a flow, whose hash nobody outside knows.
  init(_ byteCount: Int, _ flow: FlowHash) {
    self.byteCount = byteCount
    self.flow = flow
  }

  /// Bytes of the response that begins at `sequence`.
  func limit(_ sequence: UInt32) -> Int {
    let chance = FlowHash.mix(flow.value ^ UInt64(sequence) << 16)
    return byteCount - byteCount / 10 + Int(chance % UInt64(byteCount / 5 + 1))
  }
}

// FLOW_DEPTH on a connection in the clear.
extension FlowEntry {
  /// The first payload of a connection, as far as was seen.
  mutating func beginPlaintext(_ segment: FlowSegment, _ payload: RawSpan) {
    guard segment.flags & TCPHeader.ack != 0 else { return }
    let isOpener = isOpener(lower: segment.isFromLower)
    if HTTPStart.isHTTP2(payload) {
      // Its streams share one connection, and what compresses its heads needs all of them.
      stage = .whole
    } else if isOpener != false, HTTPStart.isRequest(payload) {
      beginHTTP(fromLower: segment.isFromLower, at: segment.sequence, acknowledgment: segment.acknowledgment)
    } else if isOpener != nil {
      beginTurns(segment)
    }
  }

  private mutating func beginTurns(_ segment: FlowSegment) {
    stage = .turns
    lower.facts.remove(.cutting)
    upper.facts.remove(.cutting)
  }

  /// What becomes of a segment of HTTP/1.
  mutating func judgeHTTP(_ segment: FlowSegment, _ payload: RawSpan, _ depth: FlowDepth) -> FlowVerdict {
    guard payload.byteCount > 0 else { return .mirrored }
    var direction = self[fromLower: segment.isFromLower]
    defer { self[fromLower: segment.isFromLower] = direction }
    if isOpener(lower: segment.isFromLower) == true {
      if !followRequests(&direction, payload, at: segment.sequence) { stage = .whole }
      return .mirrored
    }
    guard
      let kept = followResponses(&direction, payload, at: segment.sequence, limit: { depth.limit($0) })
    else {
      stage = .whole
      return .mirrored
    }
    return Self.verdict(kept, of: payload.byteCount)
  }

  /// What becomes of a segment of a protocol that is not known: each time that the client says something, so many bytes
  /// of what the server says then are mirrored.
  mutating func judgeTurn(_ segment: FlowSegment, _ payload: RawSpan, _ depth: FlowDepth) -> FlowVerdict {
    guard payload.byteCount > 0 else { return .mirrored }
    let isClient = isOpener(lower: segment.isFromLower) != false
    var server = self[fromLower: segment.isFromLower != isClient]
    defer { self[fromLower: segment.isFromLower != isClient] = server }
    if isClient {
      let own = self[fromLower: segment.isFromLower]
      let isNew = !own.facts.contains(.seen) || sequenceDistance(segment.end, from: own.end) > 0
      if isNew { server.facts.remove(.cutting) }
      return .mirrored
    }
    if !server.facts.contains(.cutting) {
      let start = server.facts.contains(.seen) ? server.end : segment.sequence
      server.cut = start &+ UInt32(truncatingIfNeeded: depth.limit(start))
      server.facts.insert(.cutting)
    }
    if sequenceDistance(segment.end, from: server.cut) > 1 << 30 { server.cut = segment.end &- 1 << 29 }
    let kept = sequenceDistance(server.cut, from: segment.sequence)
    return Self.verdict(min(max(kept, 0), payload.byteCount), of: payload.byteCount)
  }

  private static func verdict(_ kept: Int, of byteCount: Int) -> FlowVerdict {
    kept == 0 ? .withheld(.depth) : kept == byteCount ? .mirrored : .shortened(kept)
  }
}
