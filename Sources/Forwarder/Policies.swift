/// What to do with a frame that does not fit (OVERSIZE).
public enum OversizePolicy: String, Sendable, CaseIterable {
  /// Cut it so that nothing is lost: TCP into segments, other IP into fragments.
  case segment
  /// Cut off what does not fit.
  case truncate
  /// Drop and count it.
  case drop
}

/// How TCP is cut (SEGMENT).
public enum SegmentPolicy: String, Sendable, CaseIterable {
  /// To fill the MTU: the fewest packets.
  case mtu
  /// At the sizes seen on the wire, where the capture knows them.
  case wire
}

/// What to do with checksums that offload left open (CHECKSUM).
public enum ChecksumPolicy: String, Sendable, CaseIterable {
  /// Complete them.
  case fill
  /// Leave them as captured.
  case keep
}
