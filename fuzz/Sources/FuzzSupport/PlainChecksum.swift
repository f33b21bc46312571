// The Internet checksum of RFC 1071 section 1, word by word, and reads of header fields: nothing here is the product's.

/// The one's complement sum of `bytes[range]` on top of `start`, folded; an odd last byte is padded with zero.
public func onesComplementSum(_ bytes: [UInt8], _ range: Range<Int>, from start: UInt64 = 0) -> UInt64 {
  var sum = start
  var at = range.lowerBound
  while at < range.upperBound {
    let low = at + 1 < range.upperBound ? UInt64(bytes[at + 1]) : 0
    sum += UInt64(bytes[at]) << 8 | low
    at += 2
  }
  while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
  return sum
}

/// The sum of the pseudo-header of the IP packet in `bytes` (RFC 9293 section 3.1, RFC 8200 section 8.1).
public func pseudoHeaderSum(_ bytes: [UInt8], upperProtocol: UInt8, byteCount: Int) -> UInt64 {
  let addresses = bytes[0] >> 4 == 4 ? 12..<20 : 8..<40
  let length = UInt64(byteCount)
  return onesComplementSum(bytes, addresses, from: UInt64(upperProtocol) + length & 0xFFFF + length >> 16)
}

extension Array where Element == UInt8 {
  /// The big-endian 16-bit number at `offset`.
  public func word(_ offset: Int) -> Int { Int(self[offset]) << 8 | Int(self[offset + 1]) }

  /// The big-endian 32-bit number at `offset`.
  public func long(_ offset: Int) -> UInt32 { UInt32(word(offset)) << 16 | UInt32(word(offset + 2)) }
}
