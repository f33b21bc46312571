import Foundation

/// What a strict collector takes from one recorded outer frame.
struct VXLANDatagram {
  /// Bytes of the outer IP packet.
  var outerLength: Int
  /// Of the outer UDP header.
  var sourcePort: Int
  var vni: Int
  var inner: CaptureFile.Frame
}

/// The mirror as it came over the wire, taken apart by rules of its own (RFC 791, 8200, 768, 7348) that share nothing
/// with the program under test.
struct Mirror {
  var datagrams: [VXLANDatagram] = []
  /// Frames between forwarder and `receive` (docs/tunnel-frames.md), which are left out.
  var controlFrames = 0

  /// Every frame must be a VXLAN datagram to the collector, correct to the bit and unfragmented; anything else throws.
  init(_ frames: [CaptureFile.Frame], port: Int = 4789) throws {
    for (index, frame) in frames.enumerated() {
      if Self.isControl(frame.bytes) {
        controlFrames += 1
        continue
      }
      do {
        datagrams.append(try Self.decapsulate(frame, port: port))
      } catch {
        throw Failure("outer frame \(index + 1): \(error)")
      }
    }
  }

  /// The inner frames.
  var inner: [CaptureFile.Frame] { datagrams.map(\.inner) }

  /// The longest outer IP packet, in bytes; 0 when there is none.
  var longestOuter: Int { datagrams.map(\.outerLength).max() ?? 0 }

  private static func isControl(_ bytes: [UInt8]) -> Bool {
    let start = (bytes.count > 14 && bytes.field16(at: 12) == 0x86dd ? 54 : 34) + 16
    return bytes.count >= start + 18 && bytes.field16(at: start + 12) == 0x88b5
      && Array(bytes[start + 14..<start + 18]) == Array("pkfw".utf8)
  }

  private static func decapsulate(_ frame: CaptureFile.Frame, port: Int) throws -> VXLANDatagram {
    let bytes = frame.bytes
    func demand(_ condition: Bool, _ what: String) throws { if !condition { throw Failure(what) } }
    try demand(bytes.count >= 14 + 40, "shorter than any headers")
    let (udp, end): (Int, Int)
    switch bytes.field16(at: 12) {
    case 0x0800:
      try demand(bytes[14] == 0x45, "IPv4 with options")
      try demand(bytes.field16(at: 20) & 0xbfff == 0, "IPv4 fragment")
      try demand(bytes.field16(at: 20) == 0x4000, "IPv4 without don't fragment")
      try demand(bytes[23] == 17, "not UDP")
      (udp, end) = (34, 14 + bytes.field16(at: 16))
    case 0x86dd:
      try demand(bytes[20] == 17, "not UDP, or extension headers")
      (udp, end) = (54, 54 + bytes.field16(at: 18))
    default:
      throw Failure("not IP")
    }
    try demand(end <= bytes.count && end >= udp + 16, "IP length \(end - 14) in a frame of \(bytes.count)")
    try demand(bytes.field16(at: udp + 2) == port, "UDP port \(bytes.field16(at: udp + 2))")
    try demand(bytes.field16(at: udp + 4) == end - udp, "UDP length \(bytes.field16(at: udp + 4))")
    let header = Array(bytes[udp + 8..<udp + 16])
    try demand(Array(header[0..<4]) == [8, 0, 0, 0] && header[7] == 0, "VXLAN header \(header)")
    let vni = Int(header[4]) << 16 | Int(header[5]) << 8 | Int(header[6])
    return VXLANDatagram(
      outerLength: end - 14, sourcePort: bytes.field16(at: udp), vni: vni,
      inner: CaptureFile.Frame(time: frame.time, bytes: Array(bytes[udp + 16..<end])))
  }
}

extension Recorder {
  /// The recording as a mirror; also writes the inner frames beside it, for decoders.
  func mirror(port: Int = 4789) throws -> (mirror: Mirror, innerPath: String) {
    let mirror = try Mirror(try frames(), port: port)
    let innerPath = path.replacingOccurrences(of: ".pcap", with: "-inner.pcap")
    try CaptureFile.write(mirror.inner, to: innerPath)
    return (mirror, innerPath)
  }
}
