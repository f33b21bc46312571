import System
package import Wire

/// Addresses and ports of a flow, for people. A value without references, so that the packet path can keep one.
package struct FlowName: BitwiseCopyable, Equatable, Sendable {
  private var source = InlineAddress()
  private var destination = InlineAddress()
  private var isIPv6 = false
  private var upperProtocol: UInt8 = 0
  private var ports: UInt32 = 0

  /// 16 bytes in network order; of an IPv4 address the first four.
  private struct InlineAddress: BitwiseCopyable, Equatable {
    var high: UInt64 = 0
    var low: UInt64 = 0
  }

  /// Nothing known.
  init() {}

  /// The flow of a packet whose headers were read from `network`; of a frame that is not IP nothing is known.
  package init(_ network: RawSpan, _ packet: IPPacket?) {
    guard let packet else { return }
    upperProtocol = packet.upperProtocol
    isIPv6 = packet.version == 6
    if isIPv6 {
      source = InlineAddress(
        high: network.read(IPv6Header.sourceHigh), low: network.read(IPv6Header.sourceLow))
      destination = InlineAddress(
        high: network.read(IPv6Header.destinationHigh), low: network.read(IPv6Header.destinationLow))
    } else {
      source.high = UInt64(network.read(IPv4Header.source)) << 32
      destination.high = UInt64(network.read(IPv4Header.destination)) << 32
    }
    if !packet.isFragment, IPProtocol.hasPorts(upperProtocol), packet.end - packet.headerByteCount >= 4 {
      ports = network.read(UDPHeader.ports, at: packet.headerByteCount)
    }
  }

  /// `UDP 192.0.2.1:1000 > 192.0.2.2:2000`, or what is known of it.
  package var description: String {
    guard upperProtocol != 0 || source != InlineAddress() else { return "a flow that is not IP" }
    let name =
      switch upperProtocol {
      case IPProtocol.tcp: "TCP"
      case IPProtocol.udp: "UDP"
      default: "protocol \(upperProtocol)"
      }
    guard ports != 0 else { return "\(name) \(text(source)) > \(text(destination))" }
    let (from, to) = (ports >> 16, ports & 0xFFFF)
    return isIPv6
      ? "\(name) [\(text(source))]:\(from) > [\(text(destination))]:\(to)"
      : "\(name) \(text(source)):\(from) > \(text(destination)):\(to)"
  }

  /// The sender's address.
  package var sender: String { text(source) }

  private func text(_ address: InlineAddress) -> String {
    let words = [address.high, address.low]
    let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    return SocketAddress(bytes: isIPv6 ? bytes : Array(bytes.prefix(4)), port: 0).host
  }
}
