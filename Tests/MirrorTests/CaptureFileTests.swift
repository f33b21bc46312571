import Capture
import Foundation
import TestSupport
import Testing

@testable import Mirror

/// Capture files through libpcap, its reader and the pipeline.
@Suite(.timeLimit(.minutes(1))) struct CaptureFileTests {
  /// Reads the file through a pipeline; returns what the collector got.
  private func mirror(_ file: [UInt8], filter: String = "", _ rig: Rig) throws -> [[UInt8]] {
    let before = rig.counters
    try withTemporaryFile(file) { try CaptureFile.read($0, filter: filter, into: rig.pipeline) }
    #expect(rig.counters.isBalanced)
    let sent = Int((rig.counters - before).send.sentDatagrams)
    return rig.sinks[0].receive(sent).map { Array($0.bytes.dropFirst(8)) }
  }

  @Test func ethernetFrames() throws {
    var random = SeededGenerator(seed: 101)
    let rig = try Rig(mtu: 9_000)
    let frames = (0..<500).map { _ in ethernet(random.tcp(.v4, random.int(0...1_400))) }
    let received = try mirror(pcapFile(linkType: 1, frames), rig)
    #expect(Set(received) == Set(frames))
    #expect(received.count == 500)
  }

  /// Frames that libpcap's reader does not copy.
  @Test func superFrames() throws {
    var random = SeededGenerator(seed: 102)
    let rig = try Rig(mtu: 9_000)
    let small = ethernet(random.tcp(.v4, 100))
    for size in [16_384 - 54, 16_385 - 54, 60_000] {
      let received = try mirror(pcapFile(linkType: 1, [small, ethernet(random.tcp(.v4, size)), small]), rig)
      #expect(received.filter { $0 == small }.count == 2)
      let others = try received.filter { $0 != small }.map { try ReadPacket(Array($0.dropFirst(14))) }
      for part in others { try part.verifyChecksum() }
      #expect(others.reduce(0) { $0 + $1.payload.count - 20 } == size)
    }
  }

  @Test(arguments: [
    (UInt32(101), ""), (0, "02000000"), (108, "00000002"), (113, "0004 0001 0006 020101010101 0000 0800"),
    (276, "0800 0000 00000002 0001 04 06 020101010101 0000"),
  ])
  func otherLinkTypes(linkType: UInt32, header: String) throws {
    let rig = try Rig()
    let packet = ipv4(1, [8, 0, 1, 2, 3])
    let source = linkType == 113 || linkType == 276 ? "020101010101" : "000000000000"
    let expected = hex("000000000000 \(source) 0800") + packet
    #expect(try mirror(pcapFile(linkType: linkType, [hex(header) + packet]), rig) == [expected])
  }

  @Test func filterAndSnapLength() throws {
    let rig = try Rig()
    let one = ethernet(ipv4(17, udpDatagram(.v4, from: 1, to: 53, [1])))
    let other = ethernet(ipv4(17, udpDatagram(.v4, from: 1, to: 80, [1])))
    #expect(try mirror(pcapFile(linkType: 1, [one, other]), filter: "udp port 80", rig) == [other])
    #expect(try mirror(pcapFile(linkType: 1, [one], wireByteCount: 1_000), rig) == [one])
    #expect(rig.counters.capture.truncated == 1)
    #expect(rig.counters.capture.capturedBytes == 1_000 + UInt64(other.count))
  }

  @Test func filesThatCannotBeRead() throws {
    let rig = try Rig()
    #expect(throws: CaptureError.self) { try CaptureFile.read("/nonexistent/file", into: rig.pipeline) }
    #expect(throws: CaptureError.self) { try mirror(hex("0102030405060708"), rig) }
    // IEEE 802.11 has no Ethernet header to make.
    do {
      _ = try mirror(pcapFile(linkType: 105, [[1, 2, 3]]), rig)
      Issue.record("802.11 was taken")
    } catch CaptureError.unsupportedLinkType(_, let linkType) {
      #expect(linkType == "IEEE802_11")
    }
    // What came before the damage was mirrored.
    let frame = ethernet(ipv4(1, [1, 2, 3]))
    let before = rig.counters.send.sentDatagrams
    #expect(throws: CaptureError.self) { try mirror(Array(pcapFile(linkType: 1, [frame, frame]).dropLast()), rig) }
    #expect(rig.counters.send.sentDatagrams == before + 1)
  }
}

/// A capture file of pcap's first format (draft-ietf-opsawg-pcap), little-endian.
func pcapFile(linkType: UInt32, _ frames: [[UInt8]], wireByteCount: Int? = nil) -> [UInt8] {
  let word = { (value: Int) in withUnsafeBytes(of: UInt32(value).littleEndian) { Array($0) } }
  var file = hex("D4C3B2A1 0200 0400 00000000 00000000") + word(262_144) + word(Int(linkType))
  for frame in frames {
    file += word(0) + word(0) + word(frame.count) + word(wireByteCount ?? frame.count) + frame
  }
  return file
}

/// A file in the temporary folder that is removed when the body is done.
func withTemporaryFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
  let path = NSTemporaryDirectory() + "forwarder-tests-\(UUID().uuidString)"
  defer { try? FileManager.default.removeItem(atPath: path) }
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  return try body(path)
}
