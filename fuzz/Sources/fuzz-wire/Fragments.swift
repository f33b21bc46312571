import FuzzSupport
import Wire

/// Cuts the packet into fragments and reads each by itself: put together by what their headers say they are the packet.
func checkFragments(_ network: UnsafeRawBufferPointer, _ packet: IPPacket, maximumPacket: Int) {
  let fresh: UInt32 = 0x1234_5678
  guard
    let plan = Fragmentation(network.bytes, packet, maximumPacket: maximumPacket, identification: fresh)
  else { return }
  require(plan.payloadPerFragment % 8 == 0, "plan")
  require(plan.payloadOffset + plan.payloadByteCount == packet.end, "payload")
  checkShares(
    count: plan.count, share: plan.payloadPerFragment, payload: plan.payloadByteCount, plan.payloadCount)
  let isV4 = packet.version == 4
  let hasOwnHeader = !isV4 && plan.payloadOffset > packet.unfragmentableByteCount
  let own = isV4 ? network.word(6) : hasOwnHeader ? network.word(packet.unfragmentableByteCount + 2) : 0
  let base = isV4 ? own & 0x1FFF * 8 : own & 0xFFF8
  let hadMore = own & (isV4 ? 0x2000 : 1) != 0
  var identification = hasOwnHeader ? network.long(packet.unfragmentableByteCount + 4) : fresh
  if isV4 {
    // Under DF it means nothing, and 0 nothing either; a fragment keeps what it has.
    let isKept = packet.isFragment || own & 0x4000 == 0 && network.word(4) != 0
    identification = isKept ? UInt32(network.word(4)) : fresh & 0xFFFF
  }

  looked(of: plan.count) { index in
    let start = plan.payloadOffset + index * plan.payloadPerFragment
    let header = emitted(plan.headerCount(index)) { plan.emitHeader(index, network.bytes, into: &$0, at: 0) }
    let piece = Piece(header: header, payload: network.part(start..<start + plan.payloadCount(index)))
    require(piece.count <= maximumPacket, "\(piece.count) bytes of \(maximumPacket)")
    let read = isV4 ? readIPv4(piece, network) : readIPv6(piece, network, packet)
    require(read.offset == base + index * plan.payloadPerFragment, "offset \(read.offset) of fragment \(index)")
    require(read.hasMore == (hadMore || index + 1 < plan.count), "M bit of fragment \(index)")
    require(read.identification == identification, "identification")
  }
}

private struct Fragment {
  var offset: Int
  var hasMore: Bool
  var identification: UInt32
}

private func readIPv4(_ piece: Piece, _ network: UnsafeRawBufferPointer) -> Fragment {
  let header = piece.header
  require(Int(header[0] & 15) * 4 == header.count && header[0] >> 4 == 4, "header length")
  require(header.word(2) == piece.count, "total length")
  require(header.onesComplementSum() == 0xFFFF, "header checksum")
  require(header.part(8..<10).isSame(as: network.part(8..<10)), "TTL and protocol")
  require(header.part(12..<20).isSame(as: network.part(12..<20)), "IPv4 addresses")
  return Fragment(
    offset: header.word(6) & 0x1FFF * 8, hasMore: header.word(6) & 0x2000 != 0, identification: UInt32(header.word(4)))
}

private func readIPv6(_ piece: Piece, _ network: UnsafeRawBufferPointer, _ packet: IPPacket) -> Fragment {
  let header = piece.header
  let at = header.count - 8
  require(header.word(4) == piece.count - 40, "payload length")
  require(at == packet.unfragmentableByteCount && header[packet.nextHeaderOffset] == 44, "fragment header")
  for index in 0..<at where index != 4 && index != 5 && index != packet.nextHeaderOffset {
    require(header[index] == network[index], "unfragmentable part")
  }
  return Fragment(
    offset: header.word(at + 2) & 0xFFF8, hasMore: header.word(at + 2) & 1 != 0, identification: header.long(at + 4))
}
