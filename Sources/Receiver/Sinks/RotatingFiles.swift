internal import Glibc
internal import System

/// Writes frames into one capture file after another. Each is a whole one, with the interfaces of its frames.
public struct RotatingFiles: ~Copyable, FrameSink {
  private let rotation: CaptureRotation
  private var series: CaptureFileSeries
  private var writer: PcapngWriter
  /// When the first frame of the current file was received; nil before it.
  private var begun: UInt64?

  /// Names of a second that are tried where another program has made some.
  private static let attempts = 1_000

  /// Opens the first file of the series that `path` gives the name to.
  ///
  /// - Throws: `ReceiverError` of `.open`.
  public init(path: String, _ rotation: CaptureRotation) throws(ReceiverError) {
    var series = CaptureFileSeries(path: path)
    let writer = try Self.open(&series)
    self.rotation = rotation
    self.series = series
    self.writer = writer
    if let count = rotation.fileCount { self.series.keepNewest(count) }
  }

  private static func open(_ series: inout CaptureFileSeries) throws(ReceiverError) -> PcapngWriter {
    let now = UTCTime.rfc3339(UInt64(max(0, WallClock.nanosecondsSince1970)))
    var left = attempts
    while true {
      do throws(ReceiverError) {
        return try PcapngWriter(newFile: series.next(at: now))
      } catch {
        left -= 1
        guard error.code == EEXIST, left > 0 else { throw error }
      }
    }
  }

  /// None: a file has no reader to lose.
  public var outputDescriptor: CInt? { nil }

  /// Frames in the buffer, or lost with it.
  public var pending: FrameTally { writer.pending }

  /// Writes the frame, into the next file where this one has had enough.
  public mutating func receive(_ frame: RawSpan, _ origin: FrameOrigin) throws(ReceiverError) {
    if let begun, isEnough(begun, frame, origin) { try rotate() }
    if begun == nil { begun = origin.timestamp }
    try writer.receive(frame, origin)
  }

  private func isEnough(_ begun: UInt64, _ frame: RawSpan, _ origin: FrameOrigin) -> Bool {
    if let most = rotation.byteCount, writer.byteCount + writer.growth(frame, origin) > most { return true }
    if let seconds = rotation.seconds, origin.timestamp >= begun, origin.timestamp - begun >= seconds * 1_000_000_000 {
      return true
    }
    return false
  }

  private mutating func rotate() throws(ReceiverError) {
    // Before the next one is there: where this fails, its frames are still this writer's to account for.
    try writer.flush()
    writer = try Self.open(&series)
    begun = nil
    if let count = rotation.fileCount { series.keepNewest(count) }
  }

  /// Writes out what is buffered.
  public mutating func flush() throws(ReceiverError) { try writer.flush() }
}
