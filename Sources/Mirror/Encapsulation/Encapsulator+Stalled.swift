import Transport
import Wire

extension Encapsulator {
  /// Rare: a route has shrunk since the frames were cut. Each stalled datagram holds a whole Ethernet frame, which is
  /// cut again for the route as it is now. What stalls four times is given up.
  mutating func sendTooBig() {
    let headroom = VXLANHeader.byteCount
    var held: [UnsafeMutableRawPointer] = unsafe []
    for _ in 0..<4 where sender.hasTooBig {
      maximumFrame = sender.collectors.maximumFrame(mtu: policy.mtu)
      let stalled = sender.takeTooBig()
      // The heads may lie in the arena, and the rest in the copies of the round before.
      let copies = unsafe stalled.map { datagram in
        let memory = UnsafeMutableRawPointer.allocate(byteCount: headroom + datagram.frameByteCount, alignment: 8)
        unsafe datagram.copyFrame(to: memory + headroom)
        return unsafe memory
      }
      unsafe held.forEach { unsafe $0.deallocate() }
      unsafe held = copies
      arena.removeAll()
      for (position, datagram) in stalled.enumerated() {
        let frame = unsafe InnerFrame(
          rebuilt: copies[position] + headroom, byteCount: datagram.frameByteCount, headroom: headroom)
        let packet = IPPacket(frame.packetBytes, etherType: frame.etherType)
        encapsulate(frame, packet, index: datagram.frame, placement: datagram.placement, isFirst: false)
      }
      sender.flush()
    }
    for datagram in sender.takeTooBig() { sender.drop(frame: datagram.frame, placement: datagram.placement) }
    unsafe held.forEach { unsafe $0.deallocate() }
  }
}
