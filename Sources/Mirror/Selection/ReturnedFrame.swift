import Wire

/// Finds frames that this forwarder has sent and that another one has mirrored back to it: A mirrors to B, and B to A.
///
/// A tunnel header with our VNI inside another tunnel header is one of ours, since what this forwarder sends is not
/// captured as such. (A frame that is only wrapped once may be the mirror of another host that passes by.)
struct ReturnedFrame: Sendable {
  /// Tunnels in tunnels that are looked into.
  private static let maximumDepth = 4
  /// The port of the kernel's vxlan device where none is given (`ip link`), which overlays use.
  private static let oldKernelPort: UInt16 = 8472

  private let vni: UInt32
  /// UDP ports behind which a VXLAN header may stand.
  private let ports: InlineArray<4, UInt16>

  /// - Parameters:
  ///   - vni: of what this forwarder sends.
  ///   - ports: UDP ports that it sends to; four are looked at.
  init(vni: UInt32, ports: [UInt16]) {
    self.vni = vni
    var known = [Tunnel.port, Self.oldKernelPort]
    for port in ports where !known.contains(port) { known.append(port) }
    self.ports = InlineArray { known[min($0, known.count - 1)] }
  }

  /// Whether the packet may be a tunnel datagram at all: one comparison for most.
  @inline(__always)
  func mayBeTunnel(_ network: RawSpan, _ packet: IPPacket?) -> Bool {
    // Field by field: unwrapped, the packet would be copied for every frame.
    guard packet?.upperProtocol == IPProtocol.udp, packet?.isFragment == false,
      let end = packet?.end, let header = packet?.headerByteCount,
      end - header >= UDPHeader.byteCount + VXLANHeader.byteCount
    else { return false }
    let port = network.read(UDPHeader.destinationPort, at: header)
    for index in ports.indices where ports[index] == port { return true }
    return false
  }

  /// Whether the packet holds one of ours in a tunnel of another.
  func contains(_ network: RawSpan, _ packet: IPPacket) -> Bool {
    var start = 0
    var packet = packet
    for depth in 1...Self.maximumDepth {
      let bytes = network.extracting(start..<network.byteCount)
      guard mayBeTunnel(bytes, packet) else { return false }
      let header = packet.headerByteCount + UDPHeader.byteCount
      guard let tunnel = try? VXLANHeader.parse(bytes.extracting(header..<packet.end)) else { return false }
      if depth > 1, tunnel.vni == vni { return true }
      let frame = header + VXLANHeader.byteCount
      guard let link = EthernetHeader(bytes.extracting(frame..<packet.end)) else { return false }
      let inner = frame + link.headerByteCount
      guard let next = IPPacket(bytes.extracting(inner..<packet.end), etherType: link.etherType) else { return false }
      packet = next
      start += inner
    }
    return false
  }
}
