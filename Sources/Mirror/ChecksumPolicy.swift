/// What to do with checksums that offload left open (CHECKSUM).
public enum ChecksumPolicy: String, Sendable, CaseIterable {
  /// Complete them.
  case fill
  /// Leave them as captured.
  case keep
}
