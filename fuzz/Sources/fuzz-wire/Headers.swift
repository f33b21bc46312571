import FuzzSupport
import Wire

/// Where the network packet begins, and its EtherType if there is one.
func readLink(_ frame: [UInt8], _ link: LinkLayer) -> (offset: Int, etherType: UInt16?) {
  if link == .ethernet {
    guard let header = EthernetHeader(frame.span.bytes) else {
      // Only a frame that is too short for its tags has no header.
      require(frame.count < EthernetHeader.byteCount + 4 * EthernetHeader.maximumTags, "no Ethernet header")
      return (0, nil)
    }
    require(header.headerByteCount <= frame.count, "Ethernet header beyond the frame")
    require(Int(header.etherType) == frame.word(header.headerByteCount - 2), "EtherType")
    _ = FlowHash(ethernet: frame.span.bytes, etherType: header.etherType)
    return (header.headerByteCount, header.etherType)
  }
  let made = SynthesizedEthernet(frame.span.bytes, link: link, interfaceAddress: 0x0200_0000_0001)
  var bytes = [UInt8](repeating: 0xA5, count: 15)
  var span = bytes.mutableSpan
  var out = span.mutableBytes
  made.emit(into: &out, at: 0)
  require(bytes.word(12) == Int(made.etherType) && bytes[14] == 0xA5, "synthesized header")
  return (min(link.headerByteCount, frame.count), made.etherType)
}

/// Tunnel headers: the frame's bytes as one, and one made from them.
func checkVXLAN(_ frame: [UInt8]) {
  do {
    let header = try VXLANHeader.parse(frame.span.bytes)
    require(frame[0] & 8 != 0 && header.vni == frame.long(4) >> 8, "VXLAN header")
    var again = [UInt8](repeating: 0, count: 8)
    again.withUnsafeMutableBytes { $0.storeBytes(of: header.wireBytes, as: UInt64.self) }
    require(again == [8, 0, 0, 0, frame[4], frame[5], frame[6], 0], "VXLAN header written")
  } catch {
    require(frame.count < 8 || frame[0] & 8 == 0, "a valid VXLAN header was refused")
  }
}

func checkPacket(_ network: [UInt8], _ packet: IPPacket) {
  require(packet.version == network[0] >> 4, "version")
  require(packet.headerByteCount <= packet.end && packet.end <= network.count, "offsets")
  require(packet.unfragmentableByteCount <= packet.headerByteCount, "unfragmentable part")
  require(packet.nextHeaderOffset < packet.unfragmentableByteCount, "next header")
  require(packet.headerByteCount >= (packet.version == 4 ? 20 : 40), "header")
  require(packet.jumboHeaderByteCount == 0 || packet.unfragmentableByteCount >= 48, "jumbo header")
}

/// The opposite direction has the same hash.
func checkFlowHash(_ network: [UInt8], _ packet: IPPacket, etherType: UInt16) {
  var other = network
  let size = packet.version == 4 ? 4 : 16
  let source = packet.version == 4 ? 12 : 8
  for index in 0..<size { other.swapAt(source + index, source + size + index) }
  let ports = packet.headerByteCount
  if !packet.isFragment, IPProtocol.hasPorts(packet.upperProtocol), packet.end - ports >= 4 {
    other.swapAt(ports, ports + 2)
    other.swapAt(ports + 1, ports + 3)
  }
  guard let otherPacket = IPPacket(other.span.bytes, etherType: etherType) else { fatalError("no packet") }
  require(FlowHash(network.span.bytes, packet) == FlowHash(other.span.bytes, otherPacket), "flow hash")
}

func checkOpenChecksums(_ network: [UInt8], _ packet: IPPacket, start: Int, offset: Int) {
  if let found = OpenChecksum(detectedIn: network.span.bytes, packet) {
    var filled = network
    store(found.completed(network.span.bytes), in: &filled, at: found.field)
    let pseudo = pseudoHeaderSum(
      network, upperProtocol: packet.upperProtocol, byteCount: packet.end - packet.headerByteCount)
    let sum = onesComplementSum(filled, packet.headerByteCount..<packet.end, from: pseudo)
    require(sum == 0xFFFF, "completed checksum")
  }
  if let named = OpenChecksum(network.span.bytes, packet, start: start, offset: offset) {
    require(named.field + 2 <= named.end && named.end <= network.count, "named checksum outside the packet")
    let expected = UInt16(~onesComplementSum(network, named.start..<named.end) & 0xFFFF)
    let value = named.completed(network.span.bytes)
    require(value == (named.isUDP && expected == 0 ? 0xFFFF : expected), "named checksum")
  }
}

func store(_ value: UInt16, in bytes: inout [UInt8], at offset: Int) {
  bytes[offset] = UInt8(value >> 8)
  bytes[offset + 1] = UInt8(value & 0xFF)
}
