import Wire

// QUIC: certain is what has a short header once Initial packets of both sides were seen.
extension FlowEntry {
  /// What becomes of a datagram, or of a super-datagram of datagrams with `segmentSize` bytes of payload.
  mutating func judgeQUIC(
    _ segment: FlowSegment, _ payload: RawSpan, segmentSize: Int, _ policy: EncryptedPolicy
  ) -> FlowVerdict {
    guard policy != .mirror else { return .mirrored }
    if QUICHeader.isInitial(payload) { self[fromLower: segment.isFromLower].facts.insert(.begun) }
    guard lower.facts.contains(.begun), upper.facts.contains(.begun) else { return .mirrored }
    if policy == .none { return .withheld(.encrypted) }
    let size = segmentSize > 0 ? segmentSize : max(payload.byteCount, 1)
    for start in stride(from: 0, to: payload.byteCount, by: size)
    where !QUICHeader.isShort(payload.extracting(start..<min(start + size, payload.byteCount))) { return .mirrored }
    return payload.byteCount > 0 ? .withheld(.encrypted) : .mirrored
  }
}
