import FuzzSupport
import Wire

func checkTCP(_ network: UnsafeRawBufferPointer, _ packet: IPPacket, maximumPacket: Int, segmentSize: Int) {
  guard
    let plan = Segmentation(tcp: network.bytes, packet, maximumPacket: maximumPacket, segmentSize: segmentSize)
  else { return }
  let tcp = packet.headerByteCount
  let header = Int(network[tcp + 12] >> 4) * 4
  var plans = [plan]
  var even = plan
  even.shareEvenly()
  if even.payloadPerSegment != plan.payloadPerSegment { plans.append(even) }
  for plan in plans {
    require(segmentSize == 0 || plan.payloadPerSegment <= segmentSize, "segment size")
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
      require(piece.part(at..<at + 4).isSame(as: network.part(tcp..<tcp + 4)), "ports")
      require(piece.part(at + 20..<at + header).isSame(as: network.part(tcp + 20..<tcp + header)), "options")
      return at
    }
  }
}

func checkUDP(_ network: UnsafeRawBufferPointer, _ packet: IPPacket, segmentSize: Int) {
  guard let plan = Segmentation(udp: network.bytes, packet, segmentSize: segmentSize) else { return }
  require(plan.count > 1 && plan.payloadPerSegment == segmentSize, "datagrams")
  let udp = packet.headerByteCount
  checkPieces(network, packet, plan, maximumPacket: 65_535, payloadAt: udp + 8) { index, piece, _ in
    let at = plan.headerByteCount - 8
    require(piece.word(at + 4) == 8 + plan.payloadCount(index), "UDP length")
    guard network.word(udp + 6) != 0 else {
      require(piece.word(at + 6) == 0, "a checksum that was left out")
      return nil
    }
    require(piece.word(at + 6) != 0, "zero means none")
    return at
  }
}

/// Makes segments; `check` gets a segment's number, its header and the offset of its payload, and returns where its
/// checksum begins, or nil if it has none.
private func checkPieces(
  _ network: UnsafeRawBufferPointer, _ packet: IPPacket, _ plan: Segmentation, maximumPacket: Int, payloadAt: Int,
  _ check: (Int, UnsafeRawBufferPointer, Int) -> Int?
) {
  require(plan.payloadOffset == payloadAt && plan.payloadByteCount == packet.end - payloadAt, "payload")
  checkShares(
    count: plan.count, share: plan.payloadPerSegment, payload: plan.payloadByteCount, plan.payloadCount)
  looked(of: plan.count) { index in
    let offset = index * plan.payloadPerSegment
    let header = emitted(plan.headerByteCount) { plan.emitHeader(index, network.bytes, into: &$0, at: 0) }
    let piece = Piece(
      header: header, payload: network.part(payloadAt + offset..<payloadAt + offset + plan.payloadCount(index)))
    require(piece.count <= maximumPacket, "\(piece.count) bytes of \(maximumPacket)")
    checkIPHeader(piece, network, packet, index: index)
    guard let at = check(index, header, offset) else { return }
    let jumbo = packet.destinationOffset >= 40 ? packet.jumboHeaderByteCount : 0
    let pseudo = header.pseudoHeaderSum(
      upperProtocol: packet.upperProtocol, byteCount: piece.count - at, destination: packet.destinationOffset - jumbo)
    require(piece.sum(from: at, pseudoHeader: pseudo) == 0xFFFF, "checksum of segment \(index)")
  }
}

private func checkIPHeader(_ piece: Piece, _ network: UnsafeRawBufferPointer, _ packet: IPPacket, index: Int) {
  let header = piece.header
  if packet.version == 4 {
    let size = packet.headerByteCount
    require(header.word(2) == piece.count, "total length")
    require(header.word(4) == (network.word(4) + index) & 0xFFFF, "identification")
    require(header.part(0..<size).onesComplementSum() == 0xFFFF, "header checksum")
    require(header.part(12..<size).isSame(as: network.part(12..<size)), "IPv4 addresses and options")
    require(header.part(6..<10).isSame(as: network.part(6..<10)), "IPv4 header")
  } else {
    let jumbo = packet.jumboHeaderByteCount
    require(header.word(4) == piece.count - 40, "payload length")
    require(header[6] == network[jumbo > 0 ? 40 : 6], "next header")
    require(header.part(8..<40).isSame(as: network.part(8..<40)), "IPv6 addresses")
    require(
      header.part(40..<packet.headerByteCount - jumbo)
        .isSame(as: network.part(40 + jumbo..<packet.headerByteCount)), "extension headers")
  }
}
