import Wire

/// A datagram that was cut for a route that has since come to carry less.
@safe
public struct TooBigDatagram: BitwiseCopyable {
  /// Captured frame it comes from.
  public let frame: Int
  /// The one path and the lane it was queued for.
  public let placement: FlowPlacement
  private let datagram: QueuedDatagram

  init(_ datagram: QueuedDatagram, path: Int, lane: Int) {
    self.datagram = datagram
    frame = Int(datagram.frame)
    placement = FlowPlacement(paths: path..<path + 1, lane: lane, flow: datagram.flow)
  }

  /// Bytes of the inner frame.
  public var frameByteCount: Int { datagram.byteCount - Tunnel.headerByteCount }

  /// Copies the inner frame, without the VXLAN header, to `target`.
  ///
  /// - Safety: `target` has room for `frameByteCount` bytes, and the capture buffer the datagram points to is still
  ///   held.
  @unsafe public func copyFrame(to target: UnsafeMutableRawPointer) {
    let headCount = Int(datagram.headByteCount)
    let skipped = min(headCount, Tunnel.headerByteCount)
    unsafe target.copyMemory(from: datagram.head + skipped, byteCount: headCount - skipped)
    if let tail = unsafe datagram.tail {
      unsafe (target + headCount - skipped).copyMemory(from: tail, byteCount: Int(datagram.tailByteCount))
    }
  }
}
