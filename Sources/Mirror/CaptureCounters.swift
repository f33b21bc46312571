/// Counters of the capturing side; all cumulative.
public struct CaptureCounters: BitwiseCopyable, Equatable, Sendable {
  /// Frames that came out of the capture.
  public var captured: UInt64 = 0
  /// Their bytes as they were on the interface.
  public var capturedBytes: UInt64 = 0
  /// Dropped because they did not fit, under OVERSIZE=drop or where cutting is impossible.
  public var droppedOversize: UInt64 = 0
  /// Of flows that the rate limit sheds.
  public var droppedRate: UInt64 = 0
  /// Of flows that the limit of CPU time sheds.
  public var droppedCPU: UInt64 = 0
  /// Left out by sampling.
  public var droppedSample: UInt64 = 0
  /// Dropped because they are mirrored frames that came back: a loop.
  public var droppedLoop: UInt64 = 0
  /// Dropped because DESTINATION had no address.
  public var droppedNoDestination: UInt64 = 0
  /// Frames cut into TCP segments or UDP datagrams.
  public var segmented: UInt64 = 0
  /// Frames cut into IP fragments.
  public var fragmented: UInt64 = 0
  /// Frames whose end was cut off, by OVERSIZE or SNAP_LENGTH.
  public var truncated: UInt64 = 0
  /// Open checksums completed.
  public var checksumsFilled: UInt64 = 0

  /// All zero.
  public init() {}
}
