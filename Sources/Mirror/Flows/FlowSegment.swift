import Wire

/// A TCP segment or UDP datagram as the rules see it.
struct FlowSegment: BitwiseCopyable {
  let key: FlowKey
  /// Whether its source is the key's lower endpoint.
  let isFromLower: Bool
  /// Number of the first payload byte; of UDP 0.
  let sequence: UInt32
  /// The next byte that the sender expects; of UDP, and without ACK, 0.
  let acknowledgment: UInt32
  /// Flags of the TCP header; of UDP 0.
  let flags: UInt8
  /// Where the payload begins in the packet.
  let payloadOffset: Int
  /// Bytes of it.
  let payloadCount: Int

  /// Reads the packet in `network`; nil for fragments, what is cut off, what is neither TCP nor UDP, and
  /// a socket that is connected to itself.
  @inline(__always) init?(_ network: RawSpan, _ packet: IPPacket) {
    guard !packet.isFragment, !packet.isTruncated else { return nil }
    let start = packet.headerByteCount
    let room = packet.end - start
    if packet.upperProtocol == IPProtocol.tcp {
      guard room >= TCPHeader.minimumByteCount else { return nil }
      let header = TCPHeader.byteCount(network, at: start)
      guard header >= TCPHeader.minimumByteCount, header <= room else { return nil }
      flags = network.read(TCPHeader.flags, at: start)
      // A SYN takes up a number of its own.
      sequence = network.read(TCPHeader.sequence, at: start) &+ (flags & TCPHeader.syn != 0 ? 1 : 0)
      acknowledgment = flags & TCPHeader.ack != 0 ? network.read(TCPHeader.acknowledgment, at: start) : 0
      payloadOffset = start + header
    } else {
      guard packet.upperProtocol == IPProtocol.udp, room >= UDPHeader.byteCount else { return nil }
      (flags, sequence, acknowledgment) = (0, 0, 0)
      payloadOffset = start + UDPHeader.byteCount
    }
    payloadCount = packet.end - payloadOffset
    let source = FlowKey.source(network, packet)
    let destination = FlowKey.destination(network, packet)
    guard source != destination else { return nil }
    key = FlowKey(source, destination, version: packet.version, upperProtocol: packet.upperProtocol)
    isFromLower = source.isBelow(destination)
  }

  /// Number of the byte behind the payload.
  @inline(__always) var end: UInt32 { sequence &+ UInt32(truncatingIfNeeded: payloadCount) }

  /// Whether it opens or ends a connection.
  @inline(__always) var isMilestone: Bool { flags & (TCPHeader.syn | TCPHeader.fin | TCPHeader.rst) != 0 }

  /// The source.
  var source: FlowKey.Endpoint { isFromLower ? key.lower : key.upper }
  /// The destination.
  var destination: FlowKey.Endpoint { isFromLower ? key.upper : key.lower }
}

/// How far `one` is ahead of `other`, of two sequence numbers that are less than 2^31 apart.
@inline(__always) func sequenceDistance(_ one: UInt32, from other: UInt32) -> Int {
  Int(Int32(bitPattern: one &- other))
}
