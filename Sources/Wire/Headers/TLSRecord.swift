/// The header of a TLS record (RFC 8446 section 5.1; the same since SSL 3.0): type, version, length.
public enum TLSRecord {
  /// Bytes of the header.
  public static let headerByteCount = 5
  /// change_cipher_spec, the first of the types.
  public static let firstType: UInt8 = 20
  /// alert.
  public static let alert: UInt8 = 21
  /// handshake.
  public static let handshake: UInt8 = 22
  /// application_data.
  public static let application: UInt8 = 23
  /// heartbeat (RFC 6520), the last of the types.
  public static let lastType: UInt8 = 24
  /// The largest length: 2^14, and 2,048 for what encryption adds (RFC 5246 section 6.2.3).
  public static let longest = 1 << 14 + 2_048

  /// The length of what follows a header, whose first four bytes are in `head`; nil if it is no header.
  public static func length(_ head: UInt32, _ last: UInt8) -> Int? {
    let length = Int(head & 0xFF) << 8 | Int(last)
    let type = UInt8(truncatingIfNeeded: head >> 24)
    guard type >= firstType, type <= lastType, head >> 16 & 0xFF == 3, head >> 8 & 0xFF <= 4, length <= longest else {
      return nil
    }
    return length
  }

  /// Whether the payload begins with a ClientHello: a handshake record with message type 1, whose length fits in.
  public static func isClientHello(_ payload: RawSpan) -> Bool {
    guard payload.byteCount >= 9, payload.uint8(at: 0) == handshake, payload.uint8(at: 5) == 1,
      let length = length(payload.uint32(at: 0), payload.uint8(at: 4)), length >= 4
    else { return false }
    // A message may go on in the next record, but none is so long.
    return payload.uint8(at: 6) < 2
  }

  /// Whether the payload begins with the header of a record that is no application data.
  public static func isPlain(_ payload: RawSpan) -> Bool {
    guard payload.byteCount >= 2 else { return false }
    let type = payload.uint8(at: 0)
    return type >= firstType && type < application && payload.uint8(at: 1) == 3
  }

  /// The length of what follows the header of a record of application data at `offset`, of which all bytes must be there;
  /// nil if there is none.
  public static func applicationLength(_ payload: RawSpan, at offset: Int) -> Int? {
    guard payload.uint8(at: offset) == application else { return nil }
    return length(payload.uint32(at: offset), payload.uint8(at: offset + headerByteCount - 1))
  }
}
