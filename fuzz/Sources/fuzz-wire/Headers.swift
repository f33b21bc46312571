import FuzzSupport
import Wire

/// Where the network packet begins, and its EtherType if there is one.
func readLink(_ frame: UnsafeRawBufferPointer, _ link: LinkLayer) -> (offset: Int, etherType: UInt16?) {
  if link == .ethernet {
    guard let header = EthernetHeader(frame.bytes) else {
      // Only a frame that is too short for its tags has no header.
      require(frame.count < EthernetHeader.byteCount + 4 * EthernetHeader.maximumTags, "no Ethernet header")
      return (0, nil)
    }
    require(header.headerByteCount <= frame.count, "Ethernet header beyond the frame")
    require(Int(header.etherType) == frame.word(header.headerByteCount - 2), "EtherType")
    _ = FlowHash(ethernet: frame.bytes, etherType: header.etherType)
    _ = FlowHash(ethernet: frame.bytes, etherType: header.etherType, key: .process)
    return (header.headerByteCount, header.etherType)
  }
  let made = SynthesizedEthernet(frame.bytes, link: link, interfaceAddress: 0x0200_0000_0001)
  let bytes = emitted(14) { made.emit(into: &$0, at: 0) }
  require(bytes.word(12) == Int(made.etherType), "synthesized header")
  return (min(link.headerByteCount, frame.count), made.etherType)
}

// Eight extension headers of 2 KiB and the header behind them.
nonisolated(unsafe) private let output = GuardedMemory(capacity: 32_768)

/// A header of `count` bytes written over bytes that are not zero. Valid until the next call.
func emitted(_ count: Int, _ body: (inout MutableRawSpan) -> Void) -> UnsafeRawBufferPointer {
  let bytes = output.take(count)
  bytes.initializeMemory(as: UInt8.self, repeating: 0xA5)
  var span = MutableRawSpan(_unsafeBytes: bytes)
  body(&span)
  return UnsafeRawBufferPointer(bytes)
}

/// Tunnel headers: the frame's bytes as one, and one made from them.
func checkVXLAN(_ frame: UnsafeRawBufferPointer) {
  do {
    let header = try VXLANHeader.parse(frame.bytes)
    require(frame[0] & 8 != 0 && header.vni == frame.long(4) >> 8, "VXLAN header")
    require(
      header.wireBytes.bigEndian == 0x0800_0000_0000_0000 | UInt64(frame.long(4) & 0xFFFF_FF00), "VXLAN header written")
  } catch {
    require(frame.count < 8 || frame[0] & 8 == 0, "a valid VXLAN header was refused")
  }
}

func checkPacket(_ network: UnsafeRawBufferPointer, _ packet: IPPacket) {
  require(packet.version == network[0] >> 4, "version")
  require(packet.headerByteCount <= packet.end && packet.end <= network.count, "offsets")
  require(packet.unfragmentableByteCount <= packet.headerByteCount, "unfragmentable part")
  require(packet.nextHeaderOffset < packet.unfragmentableByteCount, "next header")
  require(packet.headerByteCount >= (packet.version == 4 ? 20 : 40), "header")
  require(packet.jumboHeaderByteCount == 0 || packet.unfragmentableByteCount >= 48, "jumbo header")
}

private let key = FlowHash.Key(0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210)

/// The opposite direction has the same hashes.
func checkFlowHash(_ network: UnsafeMutableRawBufferPointer, _ packet: IPPacket, etherType: UInt16) {
  let shared = FlowHash(network.bytes, packet)
  let keyed = FlowHash(network.bytes, packet, key: key)
  let ports = packet.headerByteCount
  let hasPorts =
    !packet.isFragment && IPProtocol.hasPorts(packet.upperProtocol) && packet.end - packet.headerByteCount >= 4
  func turn() {
    let size = packet.version == 4 ? 4 : 16
    let source = packet.version == 4 ? 12 : 8
    network.swap(source, source + size, size: size)
    if hasPorts { network.swap(ports, ports + 2, size: 2) }
  }
  turn()
  guard let other = IPPacket(network.bytes, etherType: etherType) else { fatalError("no packet") }
  require(FlowHash(network.bytes, other) == shared, "shared flow hash")
  require(FlowHash(network.bytes, other, key: key) == keyed, "keyed flow hash")
  turn()
}

func checkOpenChecksums(_ network: UnsafeRawBufferPointer, _ packet: IPPacket, start: Int, offset: Int) {
  if let found = PartialChecksum(detectedIn: network.bytes, packet) {
    require(found.start == packet.headerByteCount && found.end == packet.end, "detected checksum")
    check(found, network, packet)
    if found.algorithm != .crc32c {
      let pseudo = network.pseudoHeaderSum(
        upperProtocol: packet.upperProtocol, byteCount: packet.end - packet.headerByteCount,
        destination: packet.destinationOffset)
      require(network.word(found.field) == Int(pseudo), "the field of a detected checksum")
    }
  }
  if let named = PartialChecksum(network.bytes, packet, start: start, offset: offset) {
    require(named.start == start && named.field == start + offset && named.end <= packet.end, "named checksum")
    check(named, network, packet)
  }
}

private func check(_ open: PartialChecksum, _ network: UnsafeRawBufferPointer, _ packet: IPPacket) {
  let size = open.algorithm == .crc32c ? 4 : 2
  require(open.start <= open.field && open.field + size <= open.end && open.end <= network.count, "outside the packet")
  let made = open.completed(network.bytes)
  require(made.offset == open.field && made.byteCount == size, "place of the checksum")
  let summed = network.part(open.start..<open.end)
  if open.algorithm == .crc32c {
    let copy = UnsafeMutableRawBufferPointer(mutating: summed)
    let field = open.field - open.start
    let kept = copy.loadUnaligned(fromByteOffset: field, as: UInt32.self)
    copy.storeBytes(of: 0, toByteOffset: field, as: UInt32.self)
    require(made.value.byteSwapped == summed.crc32c, "CRC32c")
    copy.storeBytes(of: kept, toByteOffset: field, as: UInt32.self)
  } else {
    let expected = ~summed.onesComplementSum() & 0xFFFF
    require(made.value == (open.algorithm == .udp && expected == 0 ? 0xFFFF : expected), "checksum")
  }
}
