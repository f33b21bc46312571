import Capture
import TestSupport
import Wire

@testable import Mirror

/// A connection whose segments are judged one by one, as they would be captured.
final class FlowStream {
  /// The two ends.
  enum Side {
    case client
    case server
  }

  /// Payload at a place of the stream.
  struct Piece {
    var side: Side
    /// Counted from the first byte that the side sends.
    var offset: Int
    var payload: [UInt8]
    /// Bytes of the other side that it acknowledges.
    var acknowledged: Int
    var flags = TCPHeader.ack
  }

  private var selector: FlowSelector
  private let addresses: Addresses
  private let clientPort: UInt16
  /// Numbers of the first bytes; near their end, so that they wrap.
  private let starts: (client: UInt32, server: UInt32)

  init(
    _ rules: FlowRules, addresses: Addresses = .v4, clientPort: UInt16 = 40_000, starts: (UInt32, UInt32) = (1, 1)
  ) throws {
    selector = try FlowSelector(rules)
    self.addresses = addresses
    self.clientPort = clientPort
    self.starts = starts
  }

  /// The frame of a piece. What is too long for an IPv4 packet is BIG TCP.
  func frame(_ piece: Piece) -> [UInt8] {
    var tcp = TCPBuilder()
    let isClient = piece.side == .client
    (tcp.sourcePort, tcp.destinationPort) = isClient ? (clientPort, 443) : (443, clientPort)
    let (own, other) = isClient ? (starts.client, starts.server) : (starts.server, starts.client)
    let isSYN = piece.flags & TCPHeader.syn != 0
    tcp.sequence = own &+ UInt32(truncatingIfNeeded: piece.offset) &- (isSYN ? 1 : 0)
    tcp.acknowledgement = other &+ UInt32(truncatingIfNeeded: piece.acknowledged)
    tcp.flags = piece.flags
    let way = isClient ? addresses : addresses.reversed
    // Nobody looks at the checksum, and it takes long.
    let segment = tcp.segment(way, []) + piece.payload
    return ethernet(
      way.isV6 ? 0x86DD : 0x0800,
      way.isV6 ? ipv6(way, 6, segment) : ipv4(way, 6, totalLength: segment.count > 65_000 ? 0 : nil, segment))
  }

  /// What becomes of a piece.
  func judge(_ piece: Piece) -> FlowVerdict { judge(frame(piece)) }

  /// What becomes of a frame.
  func judge(_ frame: [UInt8], timestamp: Int64 = 0) -> FlowVerdict {
    var copy = frame
    return copy.withUnsafeMutableBytes { bytes in
      let captured = CapturedFrame(
        start: bytes.baseAddress!, byteCount: bytes.count, wireByteCount: bytes.count, headroom: 0, link: .ethernet,
        interfaceAddress: 0, offload: .unknown, timestamp: timestamp)
      let inner = InnerFrame(captured)
      let packet = IPPacket(inner.packetBytes, etherType: inner.etherType)
      return selector.judge(inner, packet, inner.flowHash(packet, key: .process), timestamp: timestamp)
    }
  }

  // A macro cannot look into what cannot be copied.
  func begin(_ now: Int64) { selector.begin(now) }
  func chooseHeavy() -> [WithheldFlow]? { selector.chooseHeavy() }
  func applyHeavy(_ count: Int, since time: Int64) { selector.applyHeavy(count, since: time) }
  var heavyCounts: [Int] { [selector.heavy.count, selector.heavy.flowCount] }
  var kernelWithheldBytes: UInt64 { selector.kernelWithheldBytes }
  var setCount: Int { selector.table.setCount }

  /// Both SYNs.
  func open() {
    _ = judge(Piece(side: .client, offset: 0, payload: [], acknowledged: 0, flags: TCPHeader.syn))
    _ = judge(Piece(side: .server, offset: 0, payload: [], acknowledged: 0, flags: TCPHeader.syn | TCPHeader.ack))
  }
}

extension FlowVerdict {
  /// Whether all of it is mirrored.
  var isMirrored: Bool { if case .mirrored = self { true } else { false } }
  /// Whether nothing of it is.
  var isWithheld: Bool { if case .withheld = self { true } else { false } }
}

/// Cuts a stream into pieces of random sizes.
func cut(_ stream: [UInt8], upTo longest: Int, _ random: inout SeededGenerator) -> [(offset: Int, payload: [UInt8])] {
  var pieces: [(Int, [UInt8])] = []
  var offset = 0
  while offset < stream.count {
    let count = min(random.int(1...longest), stream.count - offset)
    pieces.append((offset, stream.slice(offset, count)))
    offset += count
  }
  return pieces
}
