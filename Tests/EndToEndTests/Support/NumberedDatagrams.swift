import Foundation

/// What `udp_sender.py` sends, as a decoder shows it.
enum NumberedDatagrams {
  /// Sends datagrams from `host` to `address`, port 7000 unless said otherwise.
  ///
  /// - Parameters:
  ///   - size: bytes of payload.
  ///   - perSecond: 0 for as fast as it goes.
  ///   - batch: datagrams in one super-datagram (UDP_SEGMENT).
  static func send(
    _ count: Int, size: Int, to address: String, port: Int = 7000, perSecond: Int = 0, batch: Int = 1,
    flows: Int = 1, from host: NetworkNamespace, testbed: Testbed
  ) throws {
    let numbers = [port, count, size, perSecond, batch, flows].map(String.init)
    try testbed.runScript("udp_sender.py", [address] + numbers, in: host)
  }

  /// The payloads of `count` datagrams, in hexadecimal, as tshark prints them.
  static func payloads(_ count: Int, size: Int) -> [String] {
    (0..<count).map { number in
      let digits = String(number, radix: 16)
      let head = String(repeating: "0", count: 8 - digits.count) + digits
      return head + String(repeating: String(head.suffix(2)), count: size - 4)
    }
  }

  /// The payloads to port 7000 in a recording, IP fragments reassembled, in the order of their arrival.
  static func payloads(in tshark: Tshark, filter: String) throws -> [String] {
    try tshark.fields(["udp.payload"], filter: "udp.dstport==7000 && !icmp && !icmpv6 && \(filter)").map { $0[0] }
  }

  /// The number of each datagram of a mirror of plain IPv4 frames.
  static func numbers(_ mirror: Mirror) -> [Int] {
    mirror.inner.map { $0.bytes.field16(at: 42) << 16 | $0.bytes.field16(at: 44) }
  }
}
