/// How an HTTP connection begins.
public enum HTTPStart {
  /// Whether a payload may begin with a request of HTTP/1: a word of capital letters, a space, and a target; or as much of
  /// these as it has.
  public static func isRequest(_ payload: RawSpan) -> Bool {
    for index in 0..<min(payload.byteCount, 20) {
      let byte = payload.uint8(at: index)
      if byte == 32 {
        guard index >= 3 else { return false }
        guard index + 1 < payload.byteCount else { return true }
        let target = payload.uint8(at: index + 1)
        return target > 32 && target < 127
      }
      guard byte >= 65, byte <= 90 || byte == 95 else { return false }
    }
    return payload.byteCount < 20
  }

  /// Whether the first byte of a payload is a letter in upper case or a low line, as of any request, of HTTP/2's preface,
  /// and of SSH's banner.
  public static func beginsWithCapital(_ payload: RawSpan) -> Bool {
    guard payload.byteCount > 0 else { return false }
    let byte = payload.uint8(at: 0)
    return byte >= 65 && byte <= 90 || byte == 95
  }

  /// Whether a payload begins as the preface of HTTP/2 does (RFC 9113 section 3.4).
  public static func isHTTP2(_ payload: RawSpan) -> Bool {
    payload.byteCount >= 8 && payload.uint64(at: 0) == 0x5052_4920_2A20_4854  // `PRI * HT`
  }
}
