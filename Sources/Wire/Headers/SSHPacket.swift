/// What is in the clear of SSH: the banner (RFC 4253 section 4.2), and the packets of the key exchange (section 6).
public enum SSHPacket {
  /// SSH_MSG_NEWKEYS: from the next packet on it is encrypted.
  public static let newKeys: UInt8 = 21
  /// Bytes of length, padding length and message number.
  public static let headByteCount = 6
  /// More than any packet of a key exchange has.
  public static let longest: UInt32 = 262_144

  /// Whether a payload begins with a banner.
  public static func isBanner(_ payload: RawSpan) -> Bool {
    payload.byteCount >= 8 && payload.uint32(at: 0) == 0x5353_482D  // `SSH-`
  }
}
