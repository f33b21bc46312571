import Wire

// TLS: certain is what both sides have begun to send in records of application data, and what is within such records.
extension FlowEntry {
  /// A ClientHello was seen. It acknowledges all that was sent before it, so the answer begins there.
  mutating func beginTLS(_ segment: FlowSegment) {
    stage = .tls
    opener = segment.isFromLower ? .lower : .upper
    self[fromLower: segment.isFromLower].beginRecords(at: segment.sequence)
    self[fromLower: !segment.isFromLower].beginRecords(at: segment.acknowledgment)
  }

  /// What becomes of a segment.
  mutating func judgeTLS(_ segment: FlowSegment, _ payload: RawSpan, _ policy: EncryptedPolicy) -> FlowVerdict {
    guard policy != .mirror else { return .mirrored }
    var own = self[fromLower: segment.isFromLower]
    var other = self[fromLower: !segment.isFromLower]
    let wasCertain = own.facts.contains(.encrypted) && other.facts.contains(.encrypted)
    var records = FlowDirection.Records.application
    if payload.byteCount > 0 {
      records = own.followRecords(payload, at: segment.sequence)
      if records == .none { stage = .whole }
    }
    var isMirrored = true
    switch policy {
    case .mirror: break
    case .handshake:
      isMirrored = !wasCertain || records != .application
      if payload.byteCount > 0 {
        if isMirrored { own.noteMirrored(segment.end) }
      } else if other.takeAcknowledgment(segment.acknowledgment) {
        // A decoder that waits for it goes on.
        isMirrored = true
      }
    case .none:
      let isKnown = own.facts.contains(.begun) && other.facts.contains(.begun)
      isMirrored = !isKnown || records == .uncertain || records == .none
    }
    self[fromLower: segment.isFromLower] = own
    self[fromLower: !segment.isFromLower] = other
    return isMirrored ? .mirrored : .withheld(.encrypted)
  }

  /// The filter keeps the flow out no more: what was sent meanwhile is not known.
  mutating func returnFromKernel() {
    isExcluded = false
    guard stage == .tls else { return }
    lower.loseRecords()
    upper.loseRecords()
  }
}

extension FlowDirection {
  /// Payload up to `end` was mirrored, and is to be acknowledged in what is mirrored.
  mutating func noteMirrored(_ end: UInt32) {
    mirrored = end
    facts.insert(.unacknowledged)
  }

  /// Whether a segment without payload is the first one to acknowledge what was mirrored last.
  mutating func takeAcknowledgment(_ number: UInt32) -> Bool {
    guard facts.contains(.unacknowledged), sequenceDistance(number, from: mirrored) >= 0 else { return false }
    facts.remove(.unacknowledged)
    return true
  }
}
