import Wire

/// Addresses and ports of a TCP or UDP flow, the same for both directions: the lower endpoint comes first.
struct FlowKey: BitwiseCopyable, Equatable {
  /// An address and a port. Of an IPv4 address the low 32 bits of `low` are it.
  struct Endpoint: BitwiseCopyable, Equatable {
    var high: UInt64 = 0
    var low: UInt64 = 0
    var port: UInt16 = 0

    /// Whether it comes before `other`.
    @inline(__always) func isBelow(_ other: Endpoint) -> Bool {
      high != other.high ? high < other.high : low != other.low ? low < other.low : port < other.port
    }
  }

  private var lowerHigh: UInt64
  private var lowerLow: UInt64
  private var upperHigh: UInt64
  private var upperLow: UInt64
  private var lowerPort: UInt16
  private var upperPort: UInt16
  /// 4 or 6.
  let version: UInt8
  /// Number of the protocol.
  let upperProtocol: UInt8

  /// The flow between two endpoints.
  @inline(__always) init(_ one: Endpoint, _ other: Endpoint, version: UInt8, upperProtocol: UInt8) {
    let (lower, upper) = one.isBelow(other) ? (one, other) : (other, one)
    (lowerHigh, lowerLow, lowerPort) = (lower.high, lower.low, lower.port)
    (upperHigh, upperLow, upperPort) = (upper.high, upper.low, upper.port)
    self.version = version
    self.upperProtocol = upperProtocol
  }

  /// The endpoint that comes first.
  var lower: Endpoint { Endpoint(high: lowerHigh, low: lowerLow, port: lowerPort) }
  /// The other one.
  var upper: Endpoint { Endpoint(high: upperHigh, low: upperLow, port: upperPort) }

  /// Source of a packet that was read from `network`. Its upper-layer header must be there up to the ports.
  @inline(__always) static func source(_ network: RawSpan, _ packet: IPPacket) -> Endpoint {
    let port = network.read(UDPHeader.sourcePort, at: packet.headerByteCount)
    guard packet.version == 6 else { return Endpoint(low: UInt64(network.read(IPv4Header.source)), port: port) }
    return Endpoint(high: network.read(IPv6Header.sourceHigh), low: network.read(IPv6Header.sourceLow), port: port)
  }

  /// Destination of the same.
  @inline(__always) static func destination(_ network: RawSpan, _ packet: IPPacket) -> Endpoint {
    let port = network.read(UDPHeader.destinationPort, at: packet.headerByteCount)
    guard packet.version == 6 else { return Endpoint(low: UInt64(network.read(IPv4Header.destination)), port: port) }
    return Endpoint(
      high: network.read(IPv6Header.destinationHigh), low: network.read(IPv6Header.destinationLow), port: port)
  }
}
