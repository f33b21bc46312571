import TestSupport
import Testing
import Wire

/// Frames between forwarder and collector, byte by byte.
@Suite struct ControlFrameTests {
  @Test func aRequestIsExact() {
    let expected =
      hex("02 50 46 00 00 01 02 50 46 00 00 02 88 b5 70 6b 66 77 01 04 00 00") + [UInt8](repeating: 0, count: 38)
    #expect(ControlFrame.bytes(.request, body: []) == expected)
    let parsed = Self.parse(expected)
    #expect(parsed?.kind == .request && parsed?.body.isEmpty == true)
  }

  /// What is read of a frame.
  private static func parse(_ frame: [UInt8]) -> (kind: ControlFrame.Kind, body: [UInt8])? {
    ControlFrame.parse(frame.span.bytes).map { ($0.kind, Array(frame[$0.body])) }
  }

  private static func report(_ frame: [UInt8]) -> ReportFrame? {
    parse(frame).flatMap { ReportFrame(body: $0.body.span.bytes) }
  }

  private var example: ReportFrame {
    var report = ReportFrame()
    (report.stream, report.sequence, report.isLast, report.isShared) = (0x0102_0304_0506_0708, 9, true, true)
    (report.sourcePort, report.mtu, report.datagrams, report.bytes) = (0xC000, 9_000, 10, 11)
    (report.age, report.clock, report.captured, report.forwarded, report.kernelDropped) = (12, 13, 14, 15, 16)
    (report.host, report.version, report.task, report.zone) = ("h", "1.0", "t", "z")
    report.dropped = [ReportFrame.Dropped(reason: "rate", frames: 17)]
    return report
  }

  @Test func aReportIsExact() {
    let body = hex(
      """
      01 02 03 04 05 06 07 08 00 00 00 09 03 00 c0 00 23 28 00 00 00 00 00 00 00 00 00 0a 00 00 00 00 00 00 00 0b
      00 00 00 00 00 00 00 0c 00 00 00 00 00 00 00 0d 00 00 00 00 00 00 00 0e 00 00 00 00 00 00 00 0f
      00 00 00 00 00 00 00 10 01 01 68 02 03 31 2e 30 03 01 74 04 01 7a 05 0c 00 00 00 00 00 00 00 11 72 61 74 65
      """)
    let frame = example.frame()
    #expect(Array(frame[ControlFrame.headByteCount...]) == body)
    #expect(Self.parse(frame)?.kind == .report)
    #expect(Self.report(frame) == example)
  }

  /// What fits every path is kept small, whatever the names and however many the reasons.
  @Test func aReportIsSmall() throws {
    var report = example
    report.host = String(repeating: "x", count: 300)
    report.dropped = (0..<100).map { ReportFrame.Dropped(reason: "reason-\($0)", frames: 1) }
    let frame = report.frame()
    #expect(frame.count <= 502)
    let read = try #require(Self.report(frame))
    #expect(read.host.count == 64 && read.dropped.count > 10)
  }

  /// Bytes of a stranger: never a trap, and nothing in a name that a terminal would obey.
  @Test func garbageNeverTraps() {
    var generator = SeededGenerator(seed: 1302)
    let frame = example.frame()
    for _ in 0..<20_000 {
      var copy = frame
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        copy[Int.random(in: 14..<copy.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      copy = Array(copy.prefix(Int.random(in: 0...copy.count, using: &generator)))
      #expect(Self.report(copy).map { $0.host.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) } } != false)
    }
  }
}
