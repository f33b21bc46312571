/// The first bytes of a QUIC packet (RFC 8999, RFC 9000 section 17, RFC 9369).
public enum QUICHeader {
  private static let version1: UInt32 = 1
  private static let version2: UInt32 = 0x6B33_43CF

  /// Whether a datagram begins with a packet with a long header: handshake, Retry, version negotiation.
  public static func isLong(_ payload: RawSpan) -> Bool { payload.byteCount > 0 && payload.uint8(at: 0) & 0x80 != 0 }

  /// Whether it begins with an Initial packet.
  public static func isInitial(_ payload: RawSpan) -> Bool {
    // Flags, version, and two identifiers with their lengths, of which each has at most 20 bytes.
    guard payload.byteCount >= 7, payload.uint8(at: 0) & 0xC0 == 0xC0 else { return false }
    let kind = payload.uint8(at: 0) >> 4 & 3
    let destination = Int(payload.uint8(at: 5))
    guard destination <= 20, payload.byteCount > 6 + destination, payload.uint8(at: 6 + destination) <= 20 else {
      return false
    }
    switch payload.uint32(at: 1) {
    case version1: return kind == 0
    case version2: return kind == 1
    default: return false
    }
  }

  /// Whether a datagram begins with a packet with a short header, which has nothing but ciphertext.
  public static func isShort(_ payload: RawSpan) -> Bool {
    payload.byteCount > 20 && payload.uint8(at: 0) & 0xC0 == 0x40
  }
}
