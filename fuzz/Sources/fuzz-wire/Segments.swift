import FuzzSupport
import Wire

func checkTCP(_ network: [UInt8], _ packet: IPPacket, maximumPacket: Int, segmentSize: Int) {
  guard
    let plan = Segmentation(
      tcp: network.span.bytes, packet, maximumPacket: maximumPacket, segmentSize: segmentSize)
  else { return }
  let tcp = packet.headerByteCount
  let header = Int(network[tcp + 12] >> 4) * 4
  checkPieces(network, packet, plan, maximumPacket: maximumPacket, payloadAt: tcp + header) { index, piece, offset in
    let at = plan.headerByteCount - header
    require(piece.long(at + 4) == network.long(tcp + 4) &+ UInt32(offset), "sequence number")
    var flags = network[tcp + 13]
    if index > 0 { flags &= 0x7F }
    if index + 1 < plan.count { flags &= 0xF6 }
    var urgent = network.word(tcp + 18)
    if index > 0, flags & 0x20 != 0 {
      urgent = max(urgent - offset, 0)
      if urgent == 0 { flags &= 0xDF }
    }
    require(piece.word(at + 18) == urgent, "urgent pointer")
    require(piece[at + 13] == flags, "flags")
    require(piece[at..<at + 4] == network[tcp..<tcp + 4], "ports")
    require(
      piece[at + 20..<at + header].elementsEqual(network[tcp + 20..<tcp + header]), "options")
    return at
  }
}

func checkUDP(_ network: [UInt8], _ packet: IPPacket, segmentSize: Int) {
  guard let plan = Segmentation(udp: network.span.bytes, packet, segmentSize: segmentSize) else { return }
  require(plan.count > 1 && plan.payloadPerSegment == segmentSize, "datagrams")
  let udp = packet.headerByteCount
  checkPieces(network, packet, plan, maximumPacket: 65_535, payloadAt: udp + 8) { _, piece, _ in
    let at = plan.headerByteCount - 8
    require(piece.word(at + 4) == piece.count - at, "UDP length")
    guard network.word(udp + 6) != 0 else {
      require(piece.word(at + 6) == 0, "a checksum that was left out")
      return nil
    }
    require(piece.word(at + 6) != 0, "zero means none")
    return at
  }
}

/// Builds every segment; `check` gets its number, its bytes and the offset of its payload, and returns where its
/// checksum begins, or nil if it has none.
private func checkPieces(
  _ network: [UInt8], _ packet: IPPacket, _ plan: Segmentation, maximumPacket: Int, payloadAt: Int,
  _ check: (Int, [UInt8], Int) -> Int?
) {
  require(plan.count >= 1 && plan.payloadOffset == payloadAt, "plan")
  require(plan.payloadByteCount == packet.end - payloadAt, "payload")
  var offset = 0
  for index in 0..<plan.count {
    let count = plan.payloadCount(index)
    require(count > 0 && offset == index * plan.payloadPerSegment, "payload of a segment")
    let header = emit(headerByteCount: plan.headerByteCount) {
      plan.emitHeader(index, network.span.bytes, into: &$0, at: 0)
    }
    let piece = header + network[payloadAt + offset..<payloadAt + offset + count]
    require(piece.count <= maximumPacket, "\(piece.count) bytes of \(maximumPacket)")
    checkIPHeader(piece, network, packet, index: index)
    if let at = check(index, piece, offset) {
      let pseudo = pseudoHeaderSum(piece, upperProtocol: packet.upperProtocol, byteCount: piece.count - at)
      require(onesComplementSum(piece, at..<piece.count, from: pseudo) == 0xFFFF, "checksum of segment \(index)")
    }
    offset += count
  }
  require(offset == plan.payloadByteCount, "payload was lost")
}

private func checkIPHeader(_ piece: [UInt8], _ network: [UInt8], _ packet: IPPacket, index: Int) {
  if packet.version == 4 {
    let header = packet.headerByteCount
    require(piece.word(2) == piece.count, "total length")
    require(piece.word(4) == (network.word(4) + index) & 0xFFFF, "identification")
    require(onesComplementSum(piece, 0..<header) == 0xFFFF, "header checksum")
    require(piece[12..<header] == network[12..<header] && piece[6..<10] == network[6..<10], "IPv4 header")
  } else {
    let jumbo = packet.jumboHeaderByteCount
    require(piece.word(4) == piece.count - 40, "payload length")
    require(piece[6] == network[jumbo > 0 ? 40 : 6], "next header")
    require(piece[8..<40] == network[8..<40], "IPv6 addresses")
    require(
      piece[40..<packet.headerByteCount - jumbo].elementsEqual(network[40 + jumbo..<packet.headerByteCount]),
      "extension headers")
  }
}

/// A header of `headerByteCount` bytes written over bytes that are not zero, with nothing behind it changed.
func emit(headerByteCount: Int, _ body: (inout MutableRawSpan) -> Void) -> [UInt8] {
  var bytes = [UInt8](repeating: 0xA5, count: headerByteCount)
  var span = bytes.mutableSpan
  var out = span.mutableBytes
  body(&out)
  return bytes
}
