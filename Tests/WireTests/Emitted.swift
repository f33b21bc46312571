import Testing
import Wire

/// What `body` writes at the offset it is given. The buffer is filled with 0xA5, so that a byte that was left out
/// shows; fails if it writes anywhere else.
func emitted(_ count: Int, _ body: (inout MutableRawSpan, Int) -> Void) -> [UInt8] {
  let margin = 16
  var bytes = [UInt8](repeating: 0xA5, count: count + 2 * margin)
  bytes.withUnsafeMutableBytes { buffer in
    var out = MutableRawSpan(_unsafeBytes: buffer)
    body(&out, margin)
  }
  let outside = bytes.prefix(margin) + bytes.suffix(margin)
  #expect(outside.allSatisfy { $0 == 0xA5 }, "wrote outside its \(count) bytes")
  return Array(bytes[margin..<margin + count])
}

/// The headers of an IP packet, by the EtherType of its version.
func readIP(_ packet: [UInt8]) -> IPPacket? {
  let type = packet.first.map { $0 >> 4 == 6 ? EtherType.ipv6 : EtherType.ipv4 } ?? EtherType.ipv4
  return IPPacket(packet.span.bytes, etherType: type)
}
