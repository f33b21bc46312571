import FuzzSupport
import Wire

/// Cuts the packet into fragments, reads each by itself, and puts them together by what their headers say.
func checkFragments(_ network: [UInt8], _ packet: IPPacket, maximumPacket: Int) {
  guard
    let plan = Fragmentation(
      network.span.bytes, packet, maximumPacket: maximumPacket, identification: 0x1234_5678)
  else { return }
  require(plan.count >= 1 && plan.payloadPerFragment % 8 == 0, "plan")
  require(plan.payloadOffset + plan.payloadByteCount == packet.end, "payload")
  let isV4 = packet.version == 4
  let hasOwnHeader = !isV4 && plan.payloadOffset > packet.unfragmentableByteCount
  let own = isV4 ? network.word(6) : hasOwnHeader ? network.word(packet.unfragmentableByteCount + 2) : 0
  let base = isV4 ? own & 0x1FFF * 8 : own & 0xFFF8
  let hadMore = own & (isV4 ? 0x2000 : 1) != 0

  var rebuilt: [UInt8] = []
  var identifications: Set<UInt32> = []
  for index in 0..<plan.count {
    let header = plan.headerCount(index)
    let count = plan.payloadCount(index)
    let start = plan.payloadOffset + index * plan.payloadPerFragment
    require(count > 0, "an empty fragment")
    let piece =
      emit(headerByteCount: header) { plan.emitHeader(index, network.span.bytes, into: &$0, at: 0) }
      + network[start..<start + count]
    require(piece.count <= maximumPacket, "\(piece.count) bytes of \(maximumPacket)")
    let read = isV4 ? readIPv4(piece, header, network) : readIPv6(piece, header, network, packet)
    require(read.offset == base + rebuilt.count, "offset \(read.offset) of fragment \(index)")
    require(read.hasMore == (hadMore || index + 1 < plan.count), "M bit of fragment \(index)")
    identifications.insert(read.identification)
    rebuilt += piece[header...]
  }
  require(identifications.count == 1, "identification")
  require(rebuilt[...] == network[plan.payloadOffset..<packet.end], "what was put together")
}

private struct Fragment {
  var offset: Int
  var hasMore: Bool
  var identification: UInt32
}

private func readIPv4(_ piece: [UInt8], _ header: Int, _ network: [UInt8]) -> Fragment {
  require(Int(piece[0] & 15) * 4 == header && piece[0] >> 4 == 4, "header length")
  require(piece.word(2) == piece.count, "total length")
  require(onesComplementSum(piece, 0..<header) == 0xFFFF, "header checksum")
  require(piece[8] == network[8] && piece[9] == network[9] && piece[12..<20] == network[12..<20], "IPv4 header")
  return Fragment(
    offset: piece.word(6) & 0x1FFF * 8, hasMore: piece.word(6) & 0x2000 != 0, identification: UInt32(piece.word(4)))
}

private func readIPv6(_ piece: [UInt8], _ header: Int, _ network: [UInt8], _ packet: IPPacket) -> Fragment {
  let at = header - 8
  require(piece.word(4) == piece.count - 40, "payload length")
  require(at == packet.unfragmentableByteCount && piece[packet.nextHeaderOffset] == 44, "fragment header")
  for index in 0..<at where index != 4 && index != 5 && index != packet.nextHeaderOffset {
    require(piece[index] == network[index], "unfragmentable part")
  }
  return Fragment(
    offset: piece.word(at + 2) & 0xFFF8, hasMore: piece.word(at + 2) & 1 != 0, identification: piece.long(at + 4))
}
