/// What to do with a frame that does not fit (OVERSIZE).
public enum OversizePolicy: String, Sendable, CaseIterable {
  /// Cut it so that nothing is lost: TCP into segments, other IP into fragments.
  case segment
  /// Cut off what does not fit.
  case truncate
  /// Drop and count it.
  case drop
}
