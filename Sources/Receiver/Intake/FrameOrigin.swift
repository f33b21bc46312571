public import Wire

/// What is known of a frame beside its bytes.
public struct FrameOrigin: BitwiseCopyable, Equatable, Sendable {
  /// The VXLAN header that it came under.
  public let header: VXLANHeader
  /// Who sent it.
  public let sender: SenderAddress
  /// When the kernel received it, nanoseconds since 1970, UTC.
  public let timestamp: UInt64

  /// All of it.
  public init(header: VXLANHeader, sender: SenderAddress, timestamp: UInt64) {
    self.header = header
    self.sender = sender
    self.timestamp = timestamp
  }
}
