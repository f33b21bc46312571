import Wire

/// Packets to work on.
enum Frame {
  /// Bytes that are not all alike.
  static func filler(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) } }

  /// An IPv4 TCP packet with timestamps, from the IP header on; checksums are left open.
  static func tcp(payload: Int, sourcePort: UInt16 = 40_000) -> [UInt8] {
    let total = 20 + 32 + payload
    var bytes: [UInt8] = [0x45, 0, UInt8(total >> 8), UInt8(total & 0xff), 0x12, 0x34, 0x40, 0, 64, 6, 0, 0]
    bytes += [10, 77, 0, 1, 10, 77, 0, 2]
    bytes += [
      UInt8(sourcePort >> 8), UInt8(sourcePort & 0xff), 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x80, 0x18, 1, 0, 0, 0,
      0, 0,
    ]
    bytes += [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]
    return bytes + filler(payload)
  }
}
