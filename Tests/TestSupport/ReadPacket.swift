/// Why a packet is not what it should be.
package struct Malformed: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }

  static func unless(_ condition: Bool, _ text: @autoclosure () -> String) throws {
    if !condition { throw Malformed(text()) }
  }
}

/// An IP packet read independently of the product, with every length and the IPv4 header checksum verified.
package struct ReadPacket: Equatable {
  package var isV6 = false
  package var addresses: Addresses
  /// The IP header with IPv4 options, or with every IPv6 extension header.
  package var header: [UInt8]
  /// The protocol of `payload`.
  package var upperProtocol: UInt8
  package var payload: [UInt8]
  /// IPv4 identification, or that of the IPv6 fragment header.
  package var identification: UInt32 = 0
  /// In bytes.
  package var fragmentOffset = 0
  package var hasMore = false
  package var mayNotFragment = false
  /// IPv6: headers in front of the fragment header; IPv4: options.
  package var options: [UInt8] = []

  package init(_ bytes: [UInt8]) throws {
    try Malformed.unless(bytes.count >= 20, "\(bytes.count) bytes")
    if bytes[0] >> 4 == 4 { try self.init(v4: bytes) } else { try self.init(v6: bytes) }
  }

  private init(v4 bytes: [UInt8]) throws {
    let size = Int(bytes[0] & 15) * 4
    try Malformed.unless(size >= 20 && size <= bytes.count, "header length \(size)")
    try Malformed.unless(Int(bytes.word(2)) == bytes.count, "total length \(bytes.word(2)) of \(bytes.count)")
    header = bytes.slice(0, size)
    try Malformed.unless(NaiveChecksum.sum(header) == 0xFFFF, "header checksum")
    addresses = Addresses(bytes.slice(12, 4), bytes.slice(16, 4))
    upperProtocol = bytes[9]
    payload = Array(bytes[size...])
    identification = UInt32(bytes.word(4))
    fragmentOffset = Int(bytes.word(6) & 0x1FFF) * 8
    hasMore = bytes.word(6) & 0x2000 != 0
    mayNotFragment = bytes.word(6) & 0x4000 != 0
    options = bytes.slice(20, size - 20)
  }

  private init(v6 bytes: [UInt8]) throws {
    try Malformed.unless(bytes.count >= 40 && bytes[0] >> 4 == 6, "not IPv6")
    try Malformed.unless(Int(bytes.word(4)) + 40 == bytes.count, "length \(bytes.word(4)) of \(bytes.count)")
    isV6 = true
    addresses = Addresses(bytes.slice(8, 16), bytes.slice(24, 16))
    var next = bytes[6]
    var at = 40
    while [0, 43, 60, 44].contains(next) {
      try Malformed.unless(at + 8 <= bytes.count, "extension header beyond the end")
      let size = next == 44 ? 8 : (Int(bytes[at + 1]) + 1) * 8
      try Malformed.unless(at + size <= bytes.count, "extension header beyond the end")
      let isFragmentHeader = next == 44
      next = bytes[at]
      if isFragmentHeader {
        options = bytes.slice(40, at - 40)
        identification = bytes.long(at + 4)
        fragmentOffset = Int(bytes.word(at + 2) >> 3) * 8
        hasMore = bytes.word(at + 2) & 1 != 0
        at += 8
        if hasMore || fragmentOffset > 0 { break }
      } else {
        at += size
      }
    }
    header = bytes.slice(0, at)
    upperProtocol = next
    payload = Array(bytes[at...])
  }

  /// Fails unless the TCP or UDP checksum is right.
  package func verifyChecksum() throws {
    if upperProtocol == 17 {
      try Malformed.unless(Int(payload.word(4)) == payload.count, "UDP length \(payload.word(4)) of \(payload.count)")
      if payload.word(6) == 0, !isV6 { return }
    }
    let sum = NaiveChecksum.sum(addresses.pseudoHeader(upperProtocol, payload.count) + payload)
    try Malformed.unless(sum == 0xFFFF, "checksum: the sum is \(String(sum, radix: 16))")
  }

  /// Bytes of the TCP header.
  package var tcpHeaderByteCount: Int { Int(payload[12] >> 4) * 4 }
}
