import Capture
import Wire

/// A captured frame on its way to a collector: its Ethernet header, and the network packet behind it.
@safe
struct InnerFrame {
  /// First byte of the network packet; for Ethernet the header stands directly in front.
  let network: UnsafeMutableRawPointer
  /// Captured bytes of the network packet.
  let networkByteCount: Int
  /// Bytes of the Ethernet header with its tags, as sent.
  let linkByteCount: Int
  /// The header to send for a frame captured without one; nil: it stands in front of the packet.
  let synthesized: SynthesizedEthernet?
  /// Bytes in front of `network` that may be overwritten, the packet too; 0: all is read-only. For Ethernet without
  /// its header.
  let headroom: Int
  /// EtherType of the packet, host order.
  let etherType: UInt16
  /// The capture kept less than the frame had.
  let isSnapped: Bool
  /// Offload metadata, `checksumStart` counted from `network`.
  let offload: OffloadMetadata

  @inline(__always) init(_ frame: CapturedFrame) {
    let bytes = frame.bytes
    var offload = frame.offload
    let skipped: Int
    if frame.link == .ethernet {
      let header = EthernetHeader(bytes)
      // A frame shorter than its header is sent as it is, behind an empty packet.
      skipped = header?.headerByteCount ?? bytes.byteCount
      linkByteCount = skipped
      etherType = header?.etherType ?? 0
      synthesized = nil
    } else {
      skipped = min(frame.link.headerByteCount, bytes.byteCount)
      let made = SynthesizedEthernet(bytes, link: frame.link, interfaceAddress: frame.interfaceAddress)
      linkByteCount = SynthesizedEthernet.byteCount
      etherType = made.etherType
      synthesized = made
    }
    unsafe network = frame.start + skipped
    networkByteCount = frame.byteCount - skipped
    headroom = frame.headroom > 0 ? frame.headroom + (synthesized == nil ? 0 : skipped) : 0
    isSnapped = frame.wireByteCount > frame.byteCount
    offload.checksumStart &-= UInt16(truncatingIfNeeded: skipped)
    self.offload = offload
  }

  /// A whole Ethernet frame in writable memory with room for the tunnel header in front.
  ///
  /// - Safety: `headroom` bytes before and `byteCount` bytes from `start` on must be ours until the frame is sent.
  @unsafe init(rebuilt start: UnsafeMutableRawPointer, byteCount: Int, headroom: Int) {
    var metadata = OffloadMetadata.unknown
    metadata.checksum = .finished
    self.init(
      unsafe CapturedFrame(
        start: start, byteCount: byteCount, wireByteCount: byteCount, headroom: headroom, link: .ethernet,
        interfaceAddress: 0, offload: metadata))
  }

  /// Bytes of the frame as it would be sent whole.
  var byteCount: Int { linkByteCount + networkByteCount }

  /// Whether tunnel header and Ethernet header can be written in place, and the packet changed.
  var isWritable: Bool {
    headroom >= Tunnel.headerByteCount + (synthesized == nil ? 0 : linkByteCount)
  }

  /// The captured bytes of the network packet.
  var packetBytes: RawSpan {
    @_lifetime(borrow self) get {
      // The engine keeps the bytes in place until the batch is done.
      unsafe _overrideLifetime(RawSpan(_unsafeStart: network, byteCount: networkByteCount), borrowing: self)
    }
  }

  /// Writes a field of the packet in place. The frame must be writable, and the field within it.
  @inline(__always) func overwrite(_ field: FieldValue) {
    var packet = unsafe MutableRawSpan(_unsafeStart: network, byteCount: networkByteCount)
    field.emit(within: 0..<networkByteCount, into: &packet, at: 0)
  }

  /// The hash of the frame's flow under the key of this process: for lanes, and order within them.
  func flowHash(_ packet: IPPacket?, key: FlowHash.Key) -> FlowHash {
    if let packet { return FlowHash(packetBytes, packet, key: key) }
    if let synthesized {
      return FlowHash(
        source: synthesized.source, destination: synthesized.destination, etherType: synthesized.etherType, key: key)
    }
    let header = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(network - linkByteCount), byteCount: linkByteCount)
    return FlowHash(ethernet: header, etherType: etherType, key: key)
  }

  /// The hash of the frame's flow that all forwarders agree on: for balance.
  func sharedFlowHash(_ packet: IPPacket?) -> FlowHash {
    if let packet { return FlowHash(packetBytes, packet) }
    if let synthesized { return FlowHash(value: FlowHash.mix(synthesized.source ^ synthesized.destination)) }
    let header = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(network - linkByteCount), byteCount: linkByteCount)
    return FlowHash(ethernet: header, etherType: etherType)
  }
}
