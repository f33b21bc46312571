import Transport
import Wire

/// A whole Ethernet frame in memory of its own, to be cut again.
@safe
final class FrameCopy {
  let frame: Int
  let placement: FlowPlacement
  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int

  /// Copies the frame of a datagram whose memory is still held.
  init(_ datagram: TooBigDatagram) {
    frame = datagram.frame
    placement = datagram.placement
    byteCount = datagram.frameByteCount
    unsafe memory = .allocate(byteCount: Tunnel.headerByteCount + byteCount, alignment: 8)
    unsafe datagram.copyFrame(to: memory + Tunnel.headerByteCount)
  }

  deinit {
    unsafe memory.deallocate()
  }

  /// The frame, valid as long as this object.
  var inner: InnerFrame {
    unsafe InnerFrame(rebuilt: memory + Tunnel.headerByteCount, byteCount: byteCount, headroom: Tunnel.headerByteCount)
  }
}
