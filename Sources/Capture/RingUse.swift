/// How full a capture ring is.
public struct RingUse: BitwiseCopyable, Equatable, Sendable {
  /// Bytes of the ring.
  public var byteCount: Int
  /// Bytes of the blocks that the kernel has filled and that are not sent yet, when that was last looked at.
  public var usedByteCount: Int
  /// The most that this has been.
  public var peakByteCount: Int

  /// A ring as it was seen.
  public init(byteCount: Int, usedByteCount: Int, peakByteCount: Int) {
    self.byteCount = byteCount
    self.usedByteCount = usedByteCount
    self.peakByteCount = peakByteCount
  }

  /// The rings of a capture.
  public struct Pair: BitwiseCopyable, Equatable, Sendable {
    /// The ring that frames come by; the only one if there is no reserve.
    public var hot: RingUse
    /// The ring for what the hot one has no room for.
    public var reserve: RingUse?

    /// Rings as they were seen.
    public init(hot: RingUse, reserve: RingUse?) {
      self.hot = hot
      self.reserve = reserve
    }
  }
}
