import Testing
import Wire

@testable import Receiver

/// The demo's lines, and what limits their number.
@Suite struct FrameColumnsTests {
  /// UDP from 127.0.0.1:4660 to 127.0.0.1:53, three bytes.
  private static let frame = hex(
    """
    000000000000 000000000000 0800
    4500001f 00004000 4011 3ccc 7f000001 7f000001
    1234 0035 000b 2b0a 616263
    """)

  private func line(_ bytes: [UInt8], hasColours: Bool = false, at timestamp: UInt64 = 2_500_000_000) -> String {
    FrameColumns(hasColours: hasColours, start: 1_000_000_000).line(bytes.span.bytes, vni: 7, timestamp: timestamp)
  }

  @Test func columnsStandBelowTheirNames() {
    #expect(
      FrameColumns(hasColours: false, start: 0).heading
        == "seconds  vni  from               to               what         bytes  checksum")
    #expect(
      line(Self.frame) == "  1.500    7  127.0.0.1:4660  >  127.0.0.1:53     UDP             45  good")
    // The clock may have been set back.
    #expect(line(Self.frame, at: 5).hasPrefix("  0.000 "))
  }

  @Test func aWrongByteShows() {
    var wrong = Self.frame
    wrong[44] ^= 1
    #expect(line(wrong).hasSuffix("  bad"))
    #expect(line([1, 2, 3]).hasSuffix("malformed Ethernet      3  -"))
  }

  @Test func coloursChangeNothingElse() {
    let coloured = line(Self.frame, hasColours: true)
    #expect(coloured.contains("\u{1B}[32mgood\u{1B}[39m"))
    #expect(coloured.replacing(#/\x1b\[[0-9;]*m/#, with: "") == line(Self.frame))
  }

  /// A line has an end, whatever the sender makes of tags: printers have room for 4096 bytes.
  @Test func tagsAreNotCountedForEver() {
    let tags = Array(repeating: [UInt8](arrayLiteral: 0x81, 0, 0x0F, 0xFF), count: 16_000).flatMap(\.self)
    let frame = [UInt8](repeating: 0, count: 12) + tags + [8, 0]
    let text = FrameSummary.line(
      frame.span.bytes, header: VXLANHeader(vni: 1), timestamp: 0)
    #expect(text.utf8.count < 200 && text.contains("malformed VLAN tag"))
    #expect(line(frame).utf8.count < 200)
  }
}
