import Wire

// SSH: certain is what comes behind NEWKEYS of both sides.
extension FlowEntry {
  /// A banner was seen. Each side has one of its own, and waits for nobody's.
  mutating func beginSSH(_ segment: FlowSegment) {
    stage = .ssh
    lower.facts.subtract([.followed, .encrypted, .begun])
    upper.facts.subtract([.followed, .encrypted, .begun])
  }

  /// What becomes of a segment.
  mutating func judgeSSH(_ segment: FlowSegment, _ payload: RawSpan, _ policy: EncryptedPolicy) -> FlowVerdict {
    guard policy != .mirror else { return .mirrored }
    var own = self[fromLower: segment.isFromLower]
    var other = self[fromLower: !segment.isFromLower]
    let isCertain = own.facts.contains(.encrypted) && other.facts.contains(.encrypted)
    if payload.byteCount > 0, !own.facts.contains(.encrypted), !own.followSSH(payload, at: segment.sequence) {
      stage = .whole
    }
    var isMirrored = !isCertain
    if isCertain, payload.byteCount > 0 { isMirrored = sequenceDistance(segment.sequence, from: own.cut) < 0 }
    if payload.byteCount > 0 {
      if isMirrored { own.noteMirrored(segment.end) } else { own.keepCutBehind(segment.end) }
    } else if other.takeAcknowledgment(segment.acknowledgment) {
      isMirrored = true
    }
    self[fromLower: segment.isFromLower] = own
    self[fromLower: !segment.isFromLower] = other
    return isMirrored ? .mirrored : .withheld(.encrypted)
  }
}

extension FlowDirection {
  /// Follows a banner and the packets behind it, in order, up to NEWKEYS. False: it is no SSH.
  fileprivate mutating func followSSH(_ payload: RawSpan, at sequence: UInt32) -> Bool {
    if !facts.contains(.followed) {
      guard SSHPacket.isBanner(payload) else { return false }
      position = sequence
      facts.insert(.followed)
      count = 0
    }
    var offset = sequenceDistance(position, from: sequence)
    // A part is missing, or comes later: until then nothing is certain.
    guard offset >= 0 else { return true }
    while offset < payload.byteCount, !facts.contains(.encrypted) {
      let byte = payload.uint8(at: offset)
      offset += 1
      position &+= 1
      if !facts.contains(.begun) {
        // The banner is a line.
        if byte == 10 { facts.insert(.begun) }
        continue
      }
      // Of the head the length counts, which is in the first four bytes.
      if count < 4 { value = value << 8 | UInt32(byte) }
      count += 1
      guard count == SSHPacket.headByteCount else { continue }
      guard value >= 2, value <= SSHPacket.longest else { return false }
      position &+= value - 2
      offset = sequenceDistance(position, from: sequence)
      count = 0
      guard byte == SSHPacket.newKeys else { continue }
      facts.insert(.encrypted)
      cut = position
    }
    return true
  }

  /// Numbers that are 2^31 apart cannot be compared.
  fileprivate mutating func keepCutBehind(_ end: UInt32) {
    if sequenceDistance(end, from: cut) > 1 << 30 { cut = end &- 1 << 29 }
  }
}
