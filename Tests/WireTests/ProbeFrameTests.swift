import TestSupport
import Testing
import Wire

@Suite struct ProbeFrameTests {
  private let probe = ProbeFrame(number: 0x0102, packetByteCount: 9_000, token: 0x1122_3344_5566_7788)

  private func find(in bytes: [UInt8]) -> (frame: ProbeFrame, vni: UInt32)? { ProbeFrame.find(in: bytes.span.bytes) }

  /// As its documentation has it, byte by byte.
  @Test func probeToTheByte() {
    let head = hex(
      """
      08000000 00002a00 025046000002 025046000001 88b5 706b6677 01 02 00 00 0102 2328 1122334455667788
      """)
    #expect(probe.datagram(vni: 42) == head + [UInt8](repeating: 0, count: 26))
    let long = probe.datagram(vni: 42, byteCount: 8_972)
    #expect(long == head + [UInt8](repeating: 0, count: 8_972 - head.count))
  }

  @Test func answerToTheByte() {
    let answer = ProbeFrame(answering: probe, packetByteCount: 8_999, isTaken: false)
    let head = hex(
      """
      08000000 00002a00 025046000001 025046000002 88b5 706b6677 01 03 01 00 0102 2327 1122334455667788
      """)
    #expect(answer.datagram(vni: 42) == head + [UInt8](repeating: 0, count: 26))
  }

  @Test func whatIsWrittenIsRead() throws {
    let answer = ProbeFrame(answering: probe, packetByteCount: 100, isTaken: true)
    for frame in [probe, answer] {
      let bytes = frame.datagram(vni: 0xFF_FFFF)
      let found = try #require(find(in: bytes))
      #expect(found.frame == frame)
      #expect(found.vni == 0xFF_FFFF)
    }
  }

  /// One byte less, or one that is another, and it is a frame like any other.
  @Test func anythingElseIsNone() {
    let bytes = probe.datagram(vni: 1)
    for count in 0..<bytes.count { #expect(find(in: Array(bytes.prefix(count))) == nil) }
    // The flag of the VNI, and EtherType, magic, version, subtype.
    for index in [0] + Array(20...27) {
      var other = bytes
      other[index] ^= index == 0 ? 0x08 : 0x80
      #expect(find(in: other) == nil, "byte \(index)")
    }
  }
}
