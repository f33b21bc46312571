import Foundation

/// The bytes of each direction of each TCP connection in a recording, put together by sequence number from what
/// tshark says is in the segments, in whatever order these were recorded.
struct TCPStreams: Equatable {
  /// One direction of a connection, as `address port address port`; bytes in hexadecimal.
  var bytes: [String: String] = [:]

  /// Throws unless each stream is recorded from its SYN on without a gap, and says the same wherever segments overlap.
  init(_ tshark: Tshark, filter: String = "tcp") throws {
    struct Segment {
      var sequence: UInt32
      var isFirst: Bool
      var payload: String
    }
    let names = [
      "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tcp.seq", "tcp.flags", "tcp.payload",
    ]
    var streams: [String: [Segment]] = [:]
    for row in try tshark.fields(names, filter: filter) {
      guard let sequence = UInt32(row[6]), let flags = Int(row[7].dropFirst(2), radix: 16) else {
        throw Failure("tshark: \(row)")
      }
      let direction = row[0..<6].filter { !$0.isEmpty }.joined(separator: " ")
      streams[direction, default: []].append(Segment(sequence: sequence, isFirst: flags & 0x02 != 0, payload: row[8]))
    }
    for (direction, segments) in streams {
      guard let start = segments.first(where: \.isFirst)?.sequence else {
        throw Failure("\(direction): no SYN")
      }
      // The SYN counts for one.
      func offset(_ segment: Segment) -> Int { Int(segment.sequence &- (start &+ 1)) }
      var stream: [UInt8] = []
      for segment in segments.filter({ !$0.payload.isEmpty }).sorted(by: { offset($0) < offset($1) }) {
        let payload = Array(segment.payload.utf8)
        // Two digits a byte.
        let at = 2 * offset(segment)
        guard at <= stream.count else { throw Failure("\(direction): bytes from \(stream.count / 2) are missing") }
        let known = min(stream.count - at, payload.count)
        guard stream[at..<at + known] == payload[..<known] else {
          throw Failure("\(direction): byte \(at / 2) and on recorded in two ways")
        }
        stream += payload[known...]
      }
      bytes[direction] = String(decoding: stream, as: UTF8.self)
    }
  }
}
