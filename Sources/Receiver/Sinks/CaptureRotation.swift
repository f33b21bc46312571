/// When a capture file has had enough and the next one begins, and how many are kept.
public struct CaptureRotation: Equatable, Sendable {
  /// Bytes that a file does not exceed, unless a single frame does; nil is without limit.
  public var byteCount: Int?
  /// Seconds from a file's first frame on, after which the next frame begins a new one; nil is without limit.
  public var seconds: UInt64?
  /// Files that are kept, the newest; nil is all.
  public var fileCount: Int?

  /// A rotation by any of these.
  public init(byteCount: Int? = nil, seconds: UInt64? = nil, fileCount: Int? = nil) {
    self.byteCount = byteCount
    self.seconds = seconds
    self.fileCount = fileCount
  }
}
