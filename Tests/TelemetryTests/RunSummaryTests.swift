import Mirror
import Testing
import Transport

@testable import Telemetry

/// What is said at the end of a run with `--for`, and the units of text.
@Suite struct RunSummaryTests {
  @Test func everySubjectHasALine() throws {
    var status = Fixture.status(Fixture.counters(1_000), try Fixture.collectors(1_000))
    status.uptime = 600_040
    #expect(
      RunSummary(status, processorNanoseconds: 2_002_000_000).lines == [
        "mirrored 1012 of 1001 captured packets in 600.0 s, as 1013 datagrams (1.0 kB)",
        "dropped 11153 (oversize 1003, rate 1004, cpu 1033, sample 1005, loop 1006, no destination 1007, EPERM 1017, E3 1018, "
          + "EACCES 1019, ENOBUFS 1020, E135 1021), by the kernel 1022",
        "to 192.0.2.1:4789: 1024 datagrams (1.0 kB), 4110 failed, last port unreachable from 192.0.2.10",
        "to [2001:db8::1]:4790: 0 datagrams (0 bytes)", "CPU 2.00 s, 2000.00 us for each captured packet",
      ])
  }

  @Test func nothingIsSaidOfWhatDidNotHappen() {
    var status = Fixture.status(Counters())
    status.uptime = 0
    #expect(
      RunSummary(status, processorNanoseconds: 30_000_000).lines == [
        "mirrored 0 of 0 captured packets in 0.0 s, as 0 datagrams (0 bytes)", "dropped 0, by the kernel 0",
        "CPU 0.03 s",
      ])
  }

  @Test(
    arguments: [
      (0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
      (2_035_696, "2.0 MB"),
      (3_000_000_000, "3.0 GB"), (.max, "18446744.1 TB"),
    ] as [(UInt64, String)])
  func bytes(_ count: UInt64, _ text: String) { #expect(MetricFigure.bytes(count) == text) }

  @Test(
    arguments: [
      (6_000, 1, "48.0 kbit/s"), (1, 30, "0.3 bit/s"), (750_000, 0.001, "6.0 Gbit/s"), (125_000, 1, "1.0 Mbit/s"),
      (124_999, 1, "1.0 Mbit/s"), (124_990, 1, "999.9 kbit/s"),
    ] as [(UInt64, Double, String)])
  func rates(_ bytes: UInt64, _ seconds: Double, _ text: String) {
    #expect(MetricFigure(value: bytes, parts: [], seconds: seconds).bitsPerSecond == text)
  }

  /// Three frames in a minute are not none a second.
  @Test(
    arguments: [(3, 60, "0.1"), (0, 60, "0.0"), (99, 10, "9.9"), (100, 10, "10"), (2_104, 30, "70")]
      as [(UInt64, Double, String)])
  func packetsASecond(_ count: UInt64, _ seconds: Double, _ text: String) {
    #expect(MetricFigure(value: count, parts: [], seconds: seconds).perSecond == text)
  }
}
