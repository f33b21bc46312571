import Foundation

/// A second implementation of pcapng, for judging the writer: reads little-endian sections of Ethernet interfaces.
struct PcapngReader {
  struct Packet: Equatable {
    var interface: String
    var timestamp: UInt64
    var bytes: [UInt8]
    var originalByteCount: Int
  }

  enum Failure: Error {
    case malformed(at: Int, String)
  }

  private(set) var packets: [Packet] = []
  private(set) var interfaces: [String] = []

  init(_ file: [UInt8]) throws {
    var offset = 0
    while offset < file.count {
      func need(_ condition: Bool, _ reason: String) throws {
        guard condition else { throw Failure.malformed(at: offset, reason) }
      }
      try need(file.count - offset >= 12, "block header")
      let type = Self.number(file, offset, 4)
      let length = Self.number(file, offset + 4, 4)
      try need(length >= 12 && length % 4 == 0 && length <= file.count - offset, "block length \(length)")
      try need(Self.number(file, offset + length - 4, 4) == length, "trailing length")
      let body = Array(file[offset + 8..<offset + length - 4])
      switch type {
      case 0x0A0D_0D0A:
        try need(offset == 0, "a second section")
        try need(Self.number(body, 0, 4) == 0x1A2B_3C4D && Self.number(body, 4, 4) == 1, "magic and version")
      case 1:
        let options = Self.options(Array(body[8...]))
        try need(Self.number(body, 0, 2) == 1, "link type")
        try need(options[9] == [9], "nanoseconds")
        interfaces.append(String(decoding: options[2] ?? [], as: UTF8.self))
      case 6:
        let interface = Self.number(body, 0, 4)
        try need(interface < interfaces.count, "interface")
        let captured = Self.number(body, 12, 4)
        let original = Self.number(body, 16, 4)
        try need(original >= captured, "original length")
        try need(20 + (captured + 3) / 4 * 4 == body.count, "padding")
        try need(body[(20 + captured)...].allSatisfy { $0 == 0 }, "padding of zeros")
        packets.append(
          Packet(
            interface: interfaces[interface],
            timestamp: UInt64(Self.number(body, 4, 4)) << 32 | UInt64(Self.number(body, 8, 4)),
            bytes: Array(body[20..<20 + captured]), originalByteCount: original))
      default: try need(false, "block type \(type)")
      }
      offset += length
    }
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> Int {
    (0..<size).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }

  private static func options(_ bytes: [UInt8]) -> [Int: [UInt8]] {
    var found: [Int: [UInt8]] = [:]
    var offset = 0
    while offset + 4 <= bytes.count, number(bytes, offset, 2) != 0 {
      let length = number(bytes, offset + 2, 2)
      found[number(bytes, offset, 2)] = Array(bytes[offset + 4..<offset + 4 + length])
      offset += 4 + (length + 3) / 4 * 4
    }
    return found
  }
}
