// The fields that say how long a message is, and the chunks of one whose length nobody knew.
extension FlowDirection {
  mutating func takeName(_ byte: UInt8) -> HTTPEvent {
    if byte == UInt8(ascii: ":") {
      guard count > 0 else { return .invalid }
      http = .value
      if count == 14, words & 1 != 0 {
        // A length beside a coding, or two lengths: whom to believe?
        guard !facts.contains(Self.hasLength), !facts.contains(Self.hasCoding) else { return .invalid }
        facts.insert(Self.hasLength)
        (http, remaining) = (.lengthStart, 0)
      } else if count == 17, words & 2 != 0 {
        guard !facts.contains(Self.hasLength), !facts.contains(Self.hasCoding) else { return .invalid }
        facts.insert(Self.hasCoding)
        (http, count) = (.coding, 0)
      }
      return .nothing
    }
    guard byte > Self.space, byte < 127 else { return .invalid }
    let lower = byte | 0x20
    if !HTTPWord.contentLength.has(lower, at: count) { words &= ~1 }
    if !HTTPWord.transferEncoding.has(lower, at: count) { words &= ~2 }
    if count < .max { count += 1 }
    return .nothing
  }

  mutating func takeLength(_ byte: UInt8) -> HTTPEvent {
    switch byte {
    case Self.space, Self.tab:
      if http == .length { http = .lengthEnd }
    case Self.cr:
      guard http != .lengthStart else { return .invalid }
      http = .lengthEnd
    case Self.lf:
      guard http != .lengthStart else { return .invalid }
      http = .field
    case 48...57:
      guard http != .lengthEnd, remaining < 1 << 56 else { return .invalid }
      http = .length
      remaining = remaining * 10 + UInt64(byte - 48)
    default: return .invalid
    }
    return .nothing
  }

  /// Nothing but `chunked` is followed.
  mutating func takeCoding(_ byte: UInt8) -> HTTPEvent {
    switch byte {
    case Self.space, Self.tab, Self.cr:
      guard count == 0 && byte != Self.cr || count == 7 else { return .invalid }
    case Self.lf:
      guard count == 7 else { return .invalid }
      http = .field
    default:
      guard HTTPWord.chunked.has(byte | 0x20, at: count) else { return .invalid }
      count += 1
    }
    return .nothing
  }

  // MARK: Chunks

  /// A body in chunks begins (section 7.1).
  mutating func beginChunks() { (http, remaining, count) = (.chunkSize, 0, 0) }

  mutating func takeChunked(_ byte: UInt8) -> HTTPEvent {
    switch http {
    case .chunkSize:
      if let digit = Self.hexadecimal(byte) {
        guard count < 14 else { return .invalid }
        remaining = remaining << 4 | UInt64(digit)
        count += 1
        return .nothing
      }
      guard count > 0, byte == Self.cr || byte == Self.lf || byte == UInt8(ascii: ";") || byte == Self.space else {
        return .invalid
      }
      http = .chunkExtension
      return takeChunked(byte)
    case .chunkExtension: if byte == Self.lf { http = remaining > 0 ? .chunk : .trailer }
    case .chunkEnd:
      if byte == Self.lf { beginChunks() } else if byte != Self.cr { return .invalid }
    case .trailer:
      if byte == Self.lf { return .message }
      http = byte == Self.cr ? .trailerEnd : .trailerField
    case .trailerEnd: return byte == Self.lf ? .message : .invalid
    default: if byte == Self.lf { http = .trailer }
    }
    return .nothing
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}
