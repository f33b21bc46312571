/// Bytes of a hex dump; white space is ignored.
package func hex(_ text: String) -> [UInt8] {
  let digits = text.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
  precondition(digits.count.isMultiple(of: 2))
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Big-endian bytes of an integer.
package func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

extension Array where Element == UInt8 {
  /// The big-endian 16-bit integer at `offset`.
  package func word(_ offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }

  /// The big-endian 32-bit integer at `offset`.
  package func long(_ offset: Int) -> UInt32 { UInt32(word(offset)) << 16 | UInt32(word(offset + 2)) }

  /// Overwrites the bytes from `offset` on.
  package mutating func put(_ bytes: [UInt8], at offset: Int) {
    replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }

  /// `count` bytes from `offset` on.
  package func slice(_ offset: Int, _ count: Int) -> [UInt8] { Array(self[offset..<offset + count]) }
}

/// The Internet checksum written as RFC 1071 section 1 words it: 16-bit words, carries added back one by one.
package enum NaiveChecksum {
  /// The one's complement sum.
  package static func sum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      let low = index + 1 < bytes.count ? bytes[index + 1] : 0
      sum += UInt32(bytes[index]) << 8 | UInt32(low)
      if sum > 0xFFFF { sum = sum - 0x10000 + 1 }
    }
    return UInt16(sum)
  }

  /// The value of a checksum field over `bytes`, which hold zero there.
  package static func of(_ bytes: [UInt8]) -> UInt16 { ~sum(bytes) }
}

/// CRC32c bit by bit, as RFC 9260 appendix A describes it.
package enum NaiveCRC32C {
  /// The four bytes of the field, over `bytes`, which hold zero there.
  package static func field(_ bytes: [UInt8]) -> [UInt8] {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      for bit in 0..<8 {
        let isSet = (crc ^ UInt32(byte >> UInt8(bit))) & 1 != 0
        crc >>= 1
        if isSet { crc ^= 0x82F6_3B78 }
      }
    }
    return bigEndian((~crc).byteSwapped)
  }
}
