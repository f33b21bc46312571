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
  /// Not worth mirroring by ENCRYPTED.
  public var withheldEncrypted: UInt64 = 0
  /// Not worth mirroring by FLOW_DEPTH.
  public var withheldDepth: UInt64 = 0
  /// Not worth mirroring by MIRROR.
  public var withheldOtherSide: UInt64 = 0
  /// Bytes of the frames withheld by ENCRYPTED.
  public var withheldEncryptedBytes: UInt64 = 0
  /// Bytes withheld by FLOW_DEPTH: of whole frames, and of those of which the beginning is mirrored.
  public var withheldDepthBytes: UInt64 = 0
  /// Bytes of the frames withheld by MIRROR.
  public var withheldOtherSideBytes: UInt64 = 0
  /// Flows that were put out of the flow table for others, or for which there was no place.
  public var evictedFlows: UInt64 = 0
  /// Bytes of frames that the capture's filter withheld, as estimated from a sample.
  public var kernelWithheldBytes: UInt64 = 0
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

  /// Counts a frame of `byteCount` bytes that is withheld.
  mutating func addWithheld(_ rule: WithholdingRule, _ byteCount: Int) {
    switch rule {
    case .encrypted:
      withheldEncrypted &+= 1
      withheldEncryptedBytes &+= UInt64(byteCount)
    case .depth:
      withheldDepth &+= 1
      withheldDepthBytes &+= UInt64(byteCount)
    case .otherSide:
      withheldOtherSide &+= 1
      withheldOtherSideBytes &+= UInt64(byteCount)
    }
  }
}
