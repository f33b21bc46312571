public import Transport

/// Everything counted since start, at one moment between two batches: the accounting identity holds in every value.
public struct Counters: BitwiseCopyable, Sendable {
  /// Capture, sampling and cutting.
  public var capture = CaptureCounters()
  /// Sending.
  public var send = SendCounters()
  /// Frames the kernel dropped for want of buffer space, before they were captured.
  public var kernelDropped: UInt64 = 0
  /// Frames that came by the capture's reserve; among those that were captured.
  public var reserveFrames: UInt64 = 0
  /// Milliseconds in which frames could not be seen, because an interface or the capture was gone.
  public var blindMilliseconds: UInt64 = 0

  /// All zero.
  public init() {}

  /// Frames that were lost in sending.
  public var droppedSend: UInt64 {
    var sum: UInt64 = 0
    for code in 0..<SendCounters.errnoCount { sum &+= send.droppedFrames[code] }
    return sum
  }

  /// Captured frames that were withheld.
  public var withheld: UInt64 {
    capture.withheldEncrypted &+ capture.withheldDepth &+ capture.withheldOtherSide
  }

  /// Captured bytes that were withheld.
  public var withheldBytes: UInt64 {
    capture.withheldEncryptedBytes &+ capture.withheldDepthBytes &+ capture.withheldOtherSideBytes
  }

  /// Whether every captured frame is accounted for.
  public var isBalanced: Bool {
    capture.captured == send.forwardedFrames &+ capture.droppedOversize &+ capture.droppedRate
      &+ capture.droppedCPU &+ capture.droppedSample &+ capture.droppedLoop &+ capture.droppedNoDestination
      &+ droppedSend &+ withheld
  }

  /// The sum of two values, as of several workers.
  public static func + (one: Counters, other: Counters) -> Counters { one.combined(other) { $0 &+ $1 } }

  /// What came between `earlier` and this value.
  public static func - (now: Counters, earlier: Counters) -> Counters { now.combined(earlier) { $0 &- $1 } }

  private func combined(_ other: Counters, _ operation: (UInt64, UInt64) -> UInt64) -> Counters {
    // The value is nothing but 64-bit counters.
    var result = self
    let words = MemoryLayout<Counters>.size / MemoryLayout<UInt64>.size
    unsafe withUnsafeMutableBytes(of: &result) { target in
      unsafe withUnsafeBytes(of: other) { source in
        for word in 0..<words {
          let offset = word * MemoryLayout<UInt64>.size
          unsafe target.storeBytes(
            of: operation(
              target.load(fromByteOffset: offset, as: UInt64.self), source.load(fromByteOffset: offset, as: UInt64.self)
            ),
            toByteOffset: offset, as: UInt64.self)
        }
      }
    }
    return result
  }
}
