import Wire

/// The way the datagrams of one flow take: its paths, and its lane on each.
public struct LaneRoute: BitwiseCopyable, Sendable {
  private let firstPath: Int
  private let pathCount: Int
  let lane: Int
  /// Low bits of the flow's hash.
  let flow: UInt8

  init(paths: Range<Int>, lane: Int, flow: UInt8) {
    firstPath = paths.lowerBound
    pathCount = paths.count
    self.lane = lane
    self.flow = flow
  }

  /// Indices of the paths in the collector set.
  public var paths: Range<Int> { firstPath..<firstPath + pathCount }
}

/// A datagram that was cut for a route that has since come to carry less.
@safe
public struct StalledDatagram: BitwiseCopyable {
  /// Captured frame it comes from.
  public let frame: Int
  /// The one path and the lane it was queued for.
  public let route: LaneRoute
  private let datagram: QueuedDatagram

  init(_ datagram: QueuedDatagram, path: Int, lane: Int) {
    self.datagram = datagram
    frame = Int(datagram.frame)
    route = LaneRoute(paths: path..<path + 1, lane: lane, flow: datagram.flow)
  }

  /// Bytes of the inner frame.
  public var frameByteCount: Int { datagram.byteCount - VXLANHeader.byteCount }

  /// Copies the inner frame, without the VXLAN header, to `target`.
  ///
  /// - Safety: `target` has room for `frameByteCount` bytes, and the capture buffer the datagram points to is still
  ///   held.
  @unsafe public func copyFrame(to target: UnsafeMutableRawPointer) {
    let headCount = Int(datagram.headByteCount)
    let skipped = min(headCount, VXLANHeader.byteCount)
    unsafe target.copyMemory(from: datagram.head + skipped, byteCount: headCount - skipped)
    if let tail = unsafe datagram.tail {
      unsafe (target + headCount - skipped).copyMemory(from: tail, byteCount: Int(datagram.tailByteCount))
    }
  }
}
