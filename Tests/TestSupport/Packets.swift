// Packets made byte by byte from the RFCs' diagrams, without a line of the product's code.

/// The two addresses of a packet: four bytes each, or sixteen.
package struct Addresses: Equatable, Sendable {
  package var source: [UInt8]
  package var destination: [UInt8]

  package init(_ source: [UInt8], _ destination: [UInt8]) {
    self.source = source
    self.destination = destination
  }

  package static let v4 = Addresses([10, 0, 0, 1], [10, 0, 0, 2])
  package static let v6 = Addresses(
    hex("20010db8 00000000 00000000 00000001"), hex("20010db8 00000000 00000000 00000002"))

  package var isV6: Bool { source.count == 16 }
  package var reversed: Addresses { Addresses(destination, source) }

  /// The pseudo-header of RFC 9293 section 3.1 or RFC 8200 section 8.1.
  package func pseudoHeader(_ protocolNumber: UInt8, _ byteCount: Int) -> [UInt8] {
    if isV6 { return source + destination + bigEndian(UInt32(byteCount)) + [0, 0, 0, protocolNumber] }
    precondition(byteCount < 0x10000, "the field has 16 bits")
    return source + destination + [0, protocolNumber] + bigEndian(UInt16(byteCount))
  }
}

/// A TCP header.
package struct TCPBuilder: Equatable, Sendable {
  package var sourcePort: UInt16 = 40_000
  package var destinationPort: UInt16 = 80
  package var sequence: UInt32 = 1_000
  package var acknowledgement: UInt32 = 2_000
  /// CWR ECE URG ACK PSH RST SYN FIN.
  package var flags: UInt8 = 0x10
  package var window: UInt16 = 502
  package var urgent: UInt16 = 0
  /// A multiple of four bytes, at most 40.
  package var options: [UInt8] = []

  package init() {}

  /// The segment with its checksum. Beyond 64 KiB the length in an IPv4 pseudo-header is that of one segment, as the
  /// kernel leaves it, so the checksum is 0.
  package func segment(_ addresses: Addresses, _ payload: [UInt8]) -> [UInt8] {
    var bytes = bigEndian(sourcePort) + bigEndian(destinationPort) + bigEndian(sequence) + bigEndian(acknowledgement)
    bytes += [UInt8((20 + options.count) / 4) << 4, flags] + bigEndian(window) + [0, 0] + bigEndian(urgent) + options
    bytes += payload
    if addresses.isV6 || bytes.count < 0x10000 {
      bytes.put(bigEndian(NaiveChecksum.of(addresses.pseudoHeader(6, bytes.count) + bytes)), at: 16)
    }
    return bytes
  }
}

/// A UDP datagram with its checksum, or 0 for none.
package func udpDatagram(
  _ addresses: Addresses, from source: UInt16 = 5_000, to destination: UInt16 = 53, _ payload: [UInt8],
  hasChecksum: Bool = true
) -> [UInt8] {
  var bytes = bigEndian(source) + bigEndian(destination) + bigEndian(UInt16(8 + payload.count)) + [0, 0] + payload
  if hasChecksum {
    let sum = NaiveChecksum.of(addresses.pseudoHeader(17, bytes.count) + bytes)
    bytes.put(bigEndian(sum == 0 ? 0xFFFF : sum), at: 6)
  }
  return bytes
}

/// An SCTP packet of one DATA chunk (RFC 9260 section 3.3.1) with its checksum, or 0 for one that is left open. `payload`
/// is a multiple of four bytes.
package func sctpPacket(_ payload: [UInt8], hasChecksum: Bool = true) -> [UInt8] {
  var bytes = hex("1388 0B59 01020304 00000000 0000") + bigEndian(UInt16(16 + payload.count))
  bytes += hex("00000007 0001 0002 00000003") + payload
  if hasChecksum { bytes.put(NaiveCRC32C.field(bytes), at: 8) }
  return bytes
}

/// An IPv4 packet. `totalLength` overrides what the header says.
package func ipv4(
  _ addresses: Addresses, _ protocolNumber: UInt8, identification: UInt16 = 0x1234, flags: UInt16 = 0x4000,
  options: [UInt8] = [], totalLength: Int? = nil, _ payload: [UInt8]
) -> [UInt8] {
  let header = 20 + options.count
  let total = totalLength ?? header + payload.count
  var bytes = [UInt8(0x40 | header / 4), 0x03] + bigEndian(UInt16(total)) + bigEndian(identification)
  bytes += bigEndian(flags) + [64, protocolNumber, 0, 0] + addresses.source + addresses.destination + options
  bytes.put(bigEndian(NaiveChecksum.of(bytes)), at: 10)
  return bytes + payload
}

/// An IPv6 packet; `next` names what `payload` begins with. `payloadLength` overrides what the header says.
package func ipv6(
  _ addresses: Addresses, _ next: UInt8, payloadLength: Int? = nil, _ payload: [UInt8]
) -> [UInt8] {
  let length = payloadLength ?? payload.count
  return [0x60, 0x12, 0x34, 0x56] + bigEndian(UInt16(length)) + [next, 64] + addresses.source + addresses.destination
    + payload
}

/// An IPv4 packet between `Addresses.v4`.
package func ipv4(
  _ protocolNumber: UInt8, identification: UInt16 = 0x1234, flags: UInt16 = 0x4000, options: [UInt8] = [],
  totalLength: Int? = nil, _ payload: [UInt8]
) -> [UInt8] {
  ipv4(
    .v4, protocolNumber, identification: identification, flags: flags, options: options, totalLength: totalLength,
    payload)
}

/// An IPv6 packet between `Addresses.v6`.
package func ipv6(_ next: UInt8, payloadLength: Int? = nil, _ payload: [UInt8]) -> [UInt8] {
  ipv6(.v6, next, payloadLength: payloadLength, payload)
}

/// An IPv6 extension header with `units` times eight bytes behind the first eight, all padding options.
package func extensionHeader(next: UInt8, units: Int = 0) -> [UInt8] {
  let padding = units * 8 + 4
  var bytes = [next, UInt8(units)]
  var left = padding + 2
  while left > 0 {
    let size = min(left, 2 + 255)
    if size == 1 {
      bytes.append(0)
    } else {
      bytes += [1, UInt8(size - 2)] + [UInt8](repeating: 0, count: size - 2)
    }
    left -= size
  }
  return bytes
}

/// An IPv6 fragment header (RFC 8200 section 4.5); `offset` in units of eight bytes.
package func fragmentHeader(next: UInt8, offset: UInt16, more: Bool, identification: UInt32) -> [UInt8] {
  [next, 0] + bigEndian(offset << 3 | (more ? 1 : 0)) + bigEndian(identification)
}

/// An Ethernet frame with tags of (TPID, TCI).
package func ethernet(
  _ type: UInt16, tags: [(UInt16, UInt16)] = [], to destination: [UInt8] = [2, 0, 0, 0, 0, 2],
  from source: [UInt8] = [2, 0, 0, 0, 0, 1], _ payload: [UInt8]
) -> [UInt8] {
  destination + source + tags.flatMap { bigEndian($0.0) + bigEndian($0.1) } + bigEndian(type) + payload
}

/// An Ethernet frame around an IP packet.
package func ethernet(_ packet: [UInt8]) -> [UInt8] {
  ethernet(packet[0] >> 4 == 6 ? 0x86DD : 0x0800, packet)
}
