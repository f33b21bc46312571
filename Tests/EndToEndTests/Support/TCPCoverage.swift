import Foundation

/// How often each byte of each TCP stream, and each segment without a byte, occurs in a recording.
///
/// It does not depend on where segments begin and end, so a mirror that re-segments must equal the original.
struct TCPCoverage: Equatable {
  /// One direction of a connection, as `address port address port`.
  typealias Direction = String

  /// Where the count of a stream's bytes changes, and by how much: sequence number to difference.
  var steps: [Direction: [UInt32: Int]] = [:]
  /// Segments without payload by sequence number, acknowledgment and flags, and how often each occurs.
  var bare: [String: Int] = [:]
  /// Payload bytes, repetitions included.
  var payload = 0
  /// Segments, i.e. recorded TCP packets.
  var segments = 0
  /// Segments in which both the IPv4 header's checksum (where there is one) and the TCP checksum are right.
  var validSegments = 0

  init(_ tshark: Tshark, filter: String = "tcp") throws {
    let names = [
      "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport",
      "tcp.seq", "tcp.ack", "tcp.len", "tcp.flags", "ip.checksum.status", "tcp.checksum.status",
    ]
    for row in try tshark.fields(names, filter: filter) {
      guard let sequence = UInt32(row[6]), let length = Int(row[8]),
        let flags = Int(row[9].dropFirst(2), radix: 16)
      else { throw Failure("tshark: \(row)") }
      let direction = row[0..<6].joined(separator: " ")
      segments += 1
      if ["", "1"].contains(row[10]) && row[11] == "1" { validSegments += 1 }
      payload += length
      // Segments with SYN, FIN or RST count by themselves: their flags are not to be repeated or lost.
      if length == 0 || flags & 0x07 != 0 {
        let end = sequence &+ UInt32(length)
        bare["\(direction) \(end) \(row[7]) \(flags & 0x07)", default: 0] += 1
      }
      guard length > 0 else { continue }
      steps[direction, default: [:]][sequence, default: 0] += 1
      steps[direction, default: [:]][sequence &+ UInt32(length), default: 0] -= 1
    }
    for direction in steps.keys { steps[direction] = steps[direction]?.filter { $0.value != 0 } }
  }

  static func == (a: TCPCoverage, b: TCPCoverage) -> Bool { a.steps == b.steps && a.bare == b.bare }
}
