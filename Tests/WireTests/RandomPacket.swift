import TestSupport

extension SeededGenerator {
  /// IPv4 options whose lengths add up to a multiple of four: copied and not copied ones (RFC 791 section 3.1),
  /// padding.
  mutating func ipv4Options() -> [UInt8] {
    var options: [UInt8] = []
    while options.count < 28, !chance(3) {
      switch int(0...2) {
      case 0: options.append(1)
      case 1: options += [0x94, 4, 0, 0]  // router alert, copied
      default:
        let size = int(3...8)
        options += [chance(2) ? 0x07 : 0x83, UInt8(size)] + bytes(size - 2)  // record route, loose source route
      }
    }
    while !options.count.isMultiple(of: 4) { options.append(0) }
    return options
  }

  /// TCP options, padded to a multiple of four.
  mutating func tcpOptions() -> [UInt8] {
    var options: [UInt8] = []
    if chance(2) { options += [1, 1, 8, 10] + bytes(8) }
    if chance(3) { options += [1, 1, 5, 10] + bytes(8) }
    if chance(4) { options += [3, 3, 7] }
    while !options.count.isMultiple(of: 4) { options.append(0) }
    return options
  }

  mutating func tcpHeader() -> TCPBuilder {
    var header = TCPBuilder()
    header.sourcePort = UInt16(int(0...65_535))
    header.destinationPort = UInt16(int(0...65_535))
    header.sequence = UInt32(truncatingIfNeeded: next())
    header.acknowledgement = UInt32(truncatingIfNeeded: next())
    header.flags = UInt8(truncatingIfNeeded: next())
    header.window = UInt16(int(0...65_535))
    header.urgent = UInt16(int(0...65_535))
    header.options = tcpOptions()
    return header
  }

  mutating func addresses(isV6: Bool) -> Addresses {
    Addresses(bytes(isV6 ? 16 : 4), bytes(isV6 ? 16 : 4))
  }

  /// An IP packet around `upper`, with options or extension headers by chance; over 64 KiB as Linux makes BIG TCP.
  mutating func packet(_ addresses: Addresses, _ protocolNumber: UInt8, _ upper: [UInt8]) -> [UInt8] {
    if !addresses.isV6 {
      let options = chance(3) ? ipv4Options() : []
      let size = 20 + options.count + upper.count
      return ipv4(
        addresses, protocolNumber, identification: UInt16(int(0...65_535)), flags: chance(2) ? 0x4000 : 0,
        options: options, totalLength: size > 65_535 ? 0 : nil, upper)
    }
    if upper.count > 65_535 {
      let isOld = chance(2)
      let hopByHop = [protocolNumber, 0, 0xC2, 4] + bigEndian(UInt32(upper.count + 8))
      return ipv6(addresses, isOld ? 0 : protocolNumber, payloadLength: 0, isOld ? hopByHop + upper : upper)
    }
    var next = protocolNumber
    var extensions: [UInt8] = []
    for kind in [UInt8(60), 43, 60, 0] where chance(5) && extensions.count + upper.count < 65_000 {
      extensions = extensionHeader(next: next, units: int(0...3)) + extensions
      next = kind
    }
    return ipv6(addresses, next, extensions + upper)
  }
}
