internal import Wire

extension FrameSummary {
  /// `aa:bb:cc:dd:ee:ff`. Traps if the 6 bytes are not there.
  static func mac(_ bytes: RawSpan, at offset: Int) -> String {
    (0..<6).map { hex(bytes.uint8(at: offset + $0), width: 2) }.joined(separator: ":")
  }

  /// Dotted quad. Traps if the 4 bytes are not there.
  static func ipv4Address(_ bytes: RawSpan, at offset: Int) -> String {
    (0..<4).map { String(bytes.uint8(at: offset + $0)) }.joined(separator: ".")
  }

  /// RFC 5952: lower case, no leading zeros, the first of the longest runs of two or more zero groups as `::`.
  /// Traps if the 16 bytes are not there.
  static func ipv6Address(_ bytes: RawSpan, at offset: Int) -> String {
    let groups = (0..<8).map { bytes.uint16(at: offset + 2 * $0) }
    var longest = 0..<0
    var start = 0
    while start < 8 {
      let end = groups[start...].firstIndex { $0 != 0 } ?? 8
      if end - start > longest.count { longest = start..<end }
      start = end + 1
    }
    let text = groups.map { String($0, radix: 16) }
    guard longest.count > 1 else { return text.joined(separator: ":") }
    return text[..<longest.lowerBound].joined(separator: ":") + "::"
      + text[longest.upperBound...].joined(separator: ":")
  }

  static func hex(_ value: some BinaryInteger, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
