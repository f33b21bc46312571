public import Wire

/// What the kernel says about offloads of a frame (`struct virtio_net_hdr`, linux/virtio_net.h, and the ring's status).
public struct OffloadMetadata: BitwiseCopyable, Sendable {
  /// What a super-frame is made of.
  public enum Kind: UInt8, Sendable, BitwiseCopyable {
    /// Not a super-frame, or nothing is known.
    case none
    /// TCP segments of `segmentSize` payload bytes.
    case tcp
    /// UDP datagrams of `segmentSize` payload bytes.
    case udp
  }

  /// What the checksum metadata says.
  public enum Checksum: UInt8, Sendable, BitwiseCopyable {
    /// The capture has no metadata: look at the packet.
    case unknown
    /// The packet's checksums are finished.
    case finished
    /// The checksum at `checksumStart + checksumOffset` is left open.
    case open
  }

  /// What the frame is made of.
  public var kind: Kind
  /// State of the transport checksum.
  public var checksum: Checksum
  /// gso_size: payload bytes per segment; 0 if unknown.
  public var segmentSize: UInt16
  /// csum_start: bytes from the start of the captured frame.
  public var checksumStart: UInt16
  /// csum_offset: bytes from `checksumStart` to the field.
  public var checksumOffset: UInt16

  /// Nothing known.
  public static let unknown = OffloadMetadata(
    kind: .none, checksum: .unknown, segmentSize: 0, checksumStart: 0, checksumOffset: 0)
}

/// One captured frame: a view into the engine's buffer, valid until `FrameConsumer.consume` returns.
@safe
public struct CapturedFrame: BitwiseCopyable {
  /// First captured byte: of the link header, or of the network packet for `.rawIP`.
  public var start: UnsafeMutableRawPointer
  /// Captured bytes.
  public var byteCount: Int
  /// Bytes the frame had, at least `byteCount`.
  public var wireByteCount: Int
  /// Bytes in front of `start` that the consumer may overwrite, together with the frame itself; 0: all is read-only.
  public var headroom: Int
  /// The link layer of the bytes at `start`.
  public var link: LinkLayer
  /// MAC of the capturing interface in the low 48 bits: where cooked frames that came in were going. 0 if it has none.
  public var interfaceAddress: UInt64
  /// Offload metadata.
  public var offload: OffloadMetadata
  /// When the kernel saw the frame, nanoseconds since 1970; 0 if unknown.
  public var timestamp: Int64

  /// A view of frame bytes.
  ///
  /// - Safety: `byteCount` bytes from `start` on, and `headroom` bytes in front of it, must stay in place while the
  ///   value is used.
  @unsafe public init(
    start: UnsafeMutableRawPointer, byteCount: Int, wireByteCount: Int, headroom: Int, link: LinkLayer,
    interfaceAddress: UInt64, offload: OffloadMetadata, timestamp: Int64 = 0
  ) {
    unsafe self.start = start
    self.byteCount = byteCount
    self.wireByteCount = wireByteCount
    self.headroom = headroom
    self.link = link
    self.interfaceAddress = interfaceAddress
    self.offload = offload
    self.timestamp = timestamp
  }

  /// The captured bytes.
  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      // The engine keeps the bytes in place for as long as the frame may be used.
      unsafe _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: byteCount), borrowing: self)
    }
  }
}

/// Takes captured frames, a batch at a time.
public protocol FrameConsumer: AnyObject {
  /// Handles every frame of `batch`. All pointers into the frames are dead when this returns: what is to be sent must
  /// have been sent. Called on the capture thread, once per ring block or dispatch.
  func consume(_ batch: borrowing FrameBatch)
}
