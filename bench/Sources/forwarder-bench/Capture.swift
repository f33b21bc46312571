import Foundation

/// What a sample of the mirror shows when its bytes are checked by code that the forwarder does not share.
struct Sample: Codable {
  var frames = 0
  var payloadBytes = 0
  /// Payload of frames whose IPv4 header and TCP or UDP checksum are right.
  var validPayloadBytes = 0
  /// Outer packets that are fragments: forbidden (RFC 7348, section 4.3).
  var outerFragments = 0
  /// The largest outer IP packet.
  var largestPacket = 0

  /// Share of payload with valid checksums; nil when nothing was seen.
  var validShare: Double? { payloadBytes == 0 ? nil : Double(validPayloadBytes) / Double(payloadBytes) }
}

extension Sample {
  private static let globalHeader = 24
  private static let recordHeader = 16
  private static let vxlanPort = 4789

  /// Reads a capture file of tcpdump (little-endian, microseconds) from the collector's interface.
  init(file: String, encapsulated: Bool) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
    guard bytes.count >= Self.globalHeader, bytes.prefix(4).elementsEqual([0xd4, 0xc3, 0xb2, 0xa1]) else {
      throw BenchError("\(file) is not a capture file")
    }
    var offset = Self.globalHeader
    while offset + Self.recordHeader <= bytes.count {
      let length = bytes[(offset + 8)..<(offset + 12)].reversed().reduce(0) { $0 << 8 | Int($1) }
      offset += Self.recordHeader
      guard offset + length <= bytes.count else { break }
      add(bytes[offset..<(offset + length)], encapsulated: encapsulated)
      offset += length
    }
  }

  private mutating func add(_ frame: ArraySlice<UInt8>, encapsulated: Bool) {
    guard let outer = IPv4(frame.dropFirst(14), etherType: frame.word(12)) else { return }
    largestPacket = max(largestPacket, outer.length)
    guard encapsulated else { return count(outer) }
    if outer.isFragment { outerFragments += 1 }
    let datagram = outer.payload
    guard outer.`protocol` == 17, datagram.count >= 16, datagram.word(2) == Self.vxlanPort else { return }
    let inner = datagram.dropFirst(16)
    guard inner.count > 14, let packet = IPv4(inner.dropFirst(14), etherType: inner.word(12)) else { return }
    count(packet)
  }

  private mutating func count(_ packet: IPv4) {
    guard let payload = packet.transportPayloadBytes else { return }
    frames += 1
    payloadBytes += payload
    if packet.headerIsValid && packet.transportIsValid { validPayloadBytes += payload }
  }
}

/// An IPv4 packet in a capture.
private struct IPv4 {
  private let bytes: ArraySlice<UInt8>
  private let headerBytes: Int
  /// The total length of the header's own field.
  let length: Int

  init?(_ bytes: ArraySlice<UInt8>, etherType: Int) {
    guard etherType == 0x0800, bytes.count >= 20, bytes[bytes.startIndex] >> 4 == 4 else { return nil }
    headerBytes = Int(bytes[bytes.startIndex] & 0xf) * 4
    length = bytes.word(2)
    guard headerBytes >= 20, length >= headerBytes, length <= bytes.count else { return nil }
    self.bytes = bytes.prefix(length)
  }

  var `protocol`: Int { Int(bytes[bytes.startIndex + 9]) }

  var isFragment: Bool { bytes.word(6) & 0x3fff != 0 }

  var payload: ArraySlice<UInt8> { bytes.dropFirst(headerBytes) }

  var headerIsValid: Bool { bytes.prefix(headerBytes).onesComplementSum() == 0xffff }

  /// Bytes behind the TCP or UDP header; nil for anything else.
  var transportPayloadBytes: Int? {
    switch `protocol` {
    case 6 where payload.count >= 20: payload.count - Int(payload[payload.startIndex + 12] >> 4) * 4
    case 17 where payload.count >= 8: payload.count - 8
    default: nil
    }
  }

  var transportIsValid: Bool {
    if `protocol` == 17 && payload.word(6) == 0 { return true }
    let addresses = bytes.dropFirst(12).prefix(8).onesComplementSum()
    return payload.onesComplementSum(from: addresses + `protocol` + payload.count) == 0xffff
  }
}

extension ArraySlice<UInt8> {
  /// The big-endian 16-bit word at an offset from the slice's start.
  fileprivate func word(_ offset: Int) -> Int {
    guard startIndex + offset + 1 < endIndex else { return 0 }
    return Int(self[startIndex + offset]) << 8 | Int(self[startIndex + offset + 1])
  }

  /// The folded one's complement sum (RFC 1071).
  fileprivate func onesComplementSum(from initial: Int = 0) -> Int {
    var sum = initial
    var index = startIndex
    while index + 1 < endIndex {
      sum += Int(self[index]) << 8 | Int(self[index + 1])
      index += 2
    }
    if index < endIndex { sum += Int(self[index]) << 8 }
    while sum > 0xffff { sum = (sum >> 16) + (sum & 0xffff) }
    return sum
  }
}

extension Sample {
  /// Mirrors a load for a second with a recorder on the collector's interface, and checks what it recorded.
  ///
  /// The mirror link's checksum offload is off meanwhile: what a card would fill in, the kernel fills in.
  static func take(
    _ load: Load, _ contender: Contender, workload: Workload, tools: Tools, topology: Topology
  ) throws -> Sample {
    try topology.setMirrorChecksumOffload(false)
    defer { _ = try? topology.setMirrorChecksumOffload(true) }
    let file = "\(Workspace.directory)/\(load.rawValue)-\(contender.rawValue).pcap"
    defer { try? FileManager.default.removeItem(atPath: file) }
    let mirror = try Mirror(contender, tools: tools, topology: topology, load: load)
    do {
      let recorder = try Child(
        [
          "tcpdump", "-n", "-i", Topology.collectorInterface, "-w", file, "-c", "5000", "-s", "0", "-B",
          "32768",
          "-Z", "root", "--immediate-mode", "ip",
        ], in: topology.collector)
      try recorder.awaitError(containing: "listening on")
      _ = try workload.execute(seconds: 1)
      try topology.drain()
      try recorder.stop()
    } catch {
      _ = try? mirror.stop()
      throw error
    }
    _ = try mirror.stop()
    return try Sample(file: file, encapsulated: contender.overhead > 0)
  }
}
