/// Why bytes could not be read or written as a packet format.
public enum WireError: Error, Equatable, Sendable {
  /// Fewer bytes than the format needs: `needed` and `had` in bytes.
  case truncated(needed: Int, had: Int)
  /// A VXLAN header without a valid VNI: `flags` is the first byte (RFC 7348 section 5 requires the I flag).
  case invalidFlags(UInt8)
}
