import Wire

// TLS without reassembly: what counts is where each record's header is. A header says how long its record is, so the next
// one is known, and whatever comes of the bytes between them, in any order, once or twice, is known for what it is.
extension FlowDirection {
  /// What a payload is.
  enum Records: BitwiseCopyable {
    /// Application data from its first byte to the last, as far as is seen from the headers.
    case application
    /// Something else, or partly.
    case other
    /// It cannot be told: a header was skipped.
    case uncertain
    /// No records are here, although a header was to be.
    case none
  }

  /// Records are expected from `position` on.
  mutating func beginRecords(at position: UInt32) {
    self.position = position
    cut = position
    remaining = 0
    count = 0
    facts.subtract([.begun, .encrypted, .lost])
    facts.insert(.followed)
  }

  /// Headers were skipped: the next one has to be found.
  mutating func loseRecords() {
    facts.insert(.lost)
    count = 0
    remaining = 0
  }

  /// Walks the headers of the records in `payload`, which begins at `sequence`.
  mutating func followRecords(_ payload: RawSpan, at sequence: UInt32) -> Records {
    let byteCount = payload.byteCount
    var offset = sequenceDistance(position &+ UInt32(count), from: sequence)
    if facts.contains(.lost) || offset < 0 {
      findRecords(payload, at: sequence)
      return .uncertain
    }
    while offset < byteCount {
      let byte = payload.uint8(at: offset)
      offset += 1
      if count < TLSRecord.headerByteCount - 1 {
        value = value << 8 | UInt32(byte)
        count += 1
        continue
      }
      guard let length = TLSRecord.length(value, byte), begins(with: UInt8(truncatingIfNeeded: value >> 24)) else {
        return .none
      }
      let start = position
      count = 0
      position = start &+ UInt32(TLSRecord.headerByteCount + length)
      offset = sequenceDistance(position, from: sequence)
      if value >> 24 == TLSRecord.application {
        facts.insert(.encrypted)
        keepCutNear(start)
      } else {
        cut = position
      }
    }
    // Of a header of which there is one byte its kind is known.
    if count > 0, value >> (8 * UInt32(count - 1)) & 0xFF != TLSRecord.application { cut = position &+ UInt32(count) }
    return sequenceDistance(sequence, from: cut) >= 0 ? .application : .other
  }

  /// A stream begins with a handshake, or an alert if that fails.
  private mutating func begins(with type: UInt8) -> Bool {
    guard !facts.contains(.begun) else { return true }
    facts.insert(.begun)
    return type == TLSRecord.handshake || type == TLSRecord.alert
  }

  /// Numbers that are 2^31 apart cannot be compared.
  @inline(__always) private mutating func keepCutNear(_ place: UInt32) {
    if sequenceDistance(place, from: cut) > 1 << 30 { cut = place &- 1 << 29 }
  }

  // MARK: Finding headers again

  /// Headers in a row, each where the one before it says, after which the place is known again. By chance five bytes
  /// of ciphertext are such a header once in some two million.
  private static var sufficient: UInt64 { 3 }
  /// Bytes of a payload that are searched: any record ends within them.
  private static var searched: Int { TLSRecord.longest + 2 * TLSRecord.headerByteCount }
  /// Headers of a payload that are looked at: as many as may be in a row, and some for what only looks like one. Else a
  /// payload might be made of which each header leads far, and to nothing.
  private static func patience(_ byteCount: Int) -> Int { byteCount / TLSRecord.headerByteCount + 256 }
  /// How far behind a payload the next header may be.
  private static var longestLead: Int { TLSRecord.longest + TLSRecord.headerByteCount }

  /// Looks for headers of application data, each of which leads to the next one.
  private mutating func findRecords(_ payload: RawSpan, at sequence: UInt32) {
    var patience = Self.patience(payload.byteCount)
    if remaining > 0 {
      let offset = sequenceDistance(UInt32(truncatingIfNeeded: remaining), from: sequence)
      // The payload lies in front of it.
      if offset >= payload.byteCount, offset <= payload.byteCount + Self.longestLead { return }
      if offset >= 0, offset < payload.byteCount, confirm(payload, at: sequence, from: offset, &patience) { return }
      remaining = 0
    }
    guard payload.byteCount >= TLSRecord.headerByteCount else { return }
    for offset in 0..<min(payload.byteCount - TLSRecord.headerByteCount + 1, Self.searched)
    where payload.uint8(at: offset) == TLSRecord.application {
      if confirm(payload, at: sequence, from: offset, &patience) || patience == 0 { return }
    }
  }

  /// Follows headers from `start` on, which are good for the place if enough of them are right.
  ///
  /// - Returns: whether none was wrong, and `patience`, which each of them takes of, was enough.
  private mutating func confirm(
    _ payload: RawSpan, at sequence: UInt32, from start: Int, _ patience: inout Int
  ) -> Bool {
    var offset = start
    var found = remaining >> 32
    while offset <= payload.byteCount - TLSRecord.headerByteCount {
      guard patience > 0, let length = TLSRecord.applicationLength(payload, at: offset), length > 0 else {
        remaining = 0
        return false
      }
      patience -= 1
      found += 1
      offset += TLSRecord.headerByteCount + length
    }
    let next = sequence &+ UInt32(truncatingIfNeeded: offset)
    if found >= Self.sufficient {
      position = next
      cut = next
      (remaining, count) = (0, 0)
      facts.remove(.lost)
    } else if offset < payload.byteCount {
      // A header in parts: to be found another time.
      remaining = 0
      return found > 0
    } else {
      remaining = found << 32 | UInt64(next)
    }
    return true
  }
}
