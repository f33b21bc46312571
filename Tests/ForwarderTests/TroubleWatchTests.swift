import Glibc
import Logging
import Mirror
import System
import Testing
import Transport

@testable import Forwarder

/// Counters as they would be seen second by second, and the lines that come of them.
@Suite struct TroubleWatchTests {
  /// A forwarder whose counters are made up.
  private struct Story {
    var watch = TroubleWatch(interval: 30_000, now: 0)
    var counters = Counters()
    var collectors: [CollectorReport] = []
    var now: Int64 = 0
    /// Second and text of every line.
    var lines: [String] = []
    var levels: [Logger.Level] = []

    /// Lets `count` seconds pass; `change` is what happens in each.
    mutating func seconds(_ count: Int, _ change: (inout Story) -> Void = { _ in }) {
      for _ in 0..<count {
        now += 1_000
        change(&self)
        for line in watch.tick(now: now, counters, collectors) {
          lines.append("\(now / 1_000) \(line.text)")
          levels.append(line.level)
        }
      }
    }

    mutating func forward(_ frames: UInt64 = 10) {
      counters.capture.captured += frames
      counters.send.forwardedFrames += frames
      for index in collectors.indices { collectors[index].sentDatagrams += frames }
    }
  }

  private func collector(_ host: String = "192.0.2.1") throws -> CollectorReport {
    CollectorReport(address: try #require(SocketAddress(numeric: host, port: 4_789)))
  }

  @Test func aGoodDayIsSilent() throws {
    var story = Story()
    story.collectors = [try collector()]
    story.seconds(1_000) { $0.forward() }
    #expect(story.lines.isEmpty)
  }

  /// At once, then with a minute's sum, and once when it is over.
  @Test func sendsThatFail() throws {
    var story = Story()
    story.collectors = [try collector()]
    story.seconds(5) { $0.forward() }
    story.seconds(90) {
      $0.forward()
      $0.collectors[0].failed[ENETUNREACH, default: 0] += 23
    }
    story.seconds(20) { $0.forward() }
    #expect(
      story.lines == [
        "6 23 datagrams to 192.0.2.1:4789 were not sent: ENETUNREACH (Network is unreachable)",
        "66 1380 datagrams to 192.0.2.1:4789 were not sent: ENETUNREACH (Network is unreachable)",
        "96 datagrams to 192.0.2.1:4789 are sent again, after 2070 that were not",
      ])
    #expect(story.levels == [.warning, .warning, .notice])
  }

  /// A collector that fails every other second is said twice a minute, not sixty times.
  @Test func aFlappingCollector() throws {
    var story = Story()
    story.collectors = [try collector()]
    story.seconds(300) {
      $0.forward()
      if $0.now / 1_000 % 2 == 0 { $0.collectors[0].failed[EPERM, default: 0] += 1 }
    }
    #expect(story.lines.count <= 2 * 6)
  }

  /// Each collector has lines of its own; nobody recovers without sending.
  @Test func oneOfTwoCollectors() throws {
    var story = Story()
    story.collectors = [try collector(), try collector("192.0.2.2")]
    story.seconds(3) {
      $0.forward()
      $0.collectors[1].failed = [EPERM: 2, ENOBUFS: 1]
    }
    #expect(
      story.lines == [
        "1 3 datagrams to 192.0.2.2:4789 were not sent: EPERM (Operation not permitted), "
          + "ENOBUFS (No buffer space available)",
        "2 datagrams to 192.0.2.2:4789 are sent again, after 3 that were not",
      ])
  }

  /// Frames that no collector's counters tell of.
  @Test func lostFramesWithoutACollector() {
    var story = Story()
    story.seconds(3) {
      $0.forward()
      $0.counters.send.addDropped(4, code: ENOBUFS)
    }
    #expect(story.lines == ["1 4 frames were not sent: ENOBUFS"])
  }

  /// A port that nobody listens on is what a sniffing collector looks like: once. Other messages go on.
  @Test func messagesFromTheNetwork() throws {
    var story = Story()
    story.collectors = [try collector("192.0.2.10")]
    story.seconds(120) {
      $0.forward()
      $0.collectors[0].icmp["port unreachable", default: 0] += 5
      $0.collectors[0].icmp["host unreachable", default: 0] += 1
      $0.collectors[0].lastError = "host unreachable from 203.0.113.1"
    }
    #expect(
      story.lines == [
        "1 1 ICMP errors about datagrams to 192.0.2.10:4789: host unreachable from 203.0.113.1",
        "1 port unreachable from 192.0.2.10: harmless if it only sniffs",
        "61 60 ICMP errors about datagrams to 192.0.2.10:4789: host unreachable from 203.0.113.1",
      ])
  }

  @Test func kernelDrops() {
    var story = Story()
    story.seconds(70) {
      $0.forward()
      $0.counters.kernelDropped += 2
    }
    #expect(
      story.lines.map { $0.split(separator: " for want")[0] } == [
        "1 the kernel dropped 2 frames", "61 the kernel dropped 120 frames",
      ])
  }

  /// One line for the first interval in which nothing came through, and one when something does.
  @Test func everythingIsDropped() {
    var story = Story()
    story.seconds(30) { $0.forward() }
    story.seconds(90) {
      $0.counters.capture.captured += 10
      $0.counters.capture.droppedNoDestination += 10
    }
    story.seconds(60) { $0.forward() }
    #expect(
      story.lines == [
        "60 not one of the 300 frames captured in 30 s was sent: dropped (no destination 300)",
        "150 frames are forwarded again",
      ])
    #expect(story.levels == [.error, .notice])
  }

  /// What SAMPLE leaves out is not lost.
  @Test func samplingIsNoTrouble() {
    var story = Story()
    story.seconds(100) {
      $0.counters.capture.captured += 10
      $0.counters.capture.droppedSample += 4
      $0.counters.capture.droppedRate += 5
      $0.counters.capture.droppedCPU += 1
    }
    #expect(story.lines.isEmpty)
  }

  @Test func nothingIsCaptured() {
    var story = Story()
    story.seconds(1) { $0.forward() }
    story.seconds(400)
    story.seconds(2) { $0.forward() }
    story.seconds(200)
    #expect(
      story.lines == [
        "301 no frame was seen for 300 s: is there traffic that INTERFACE and BPF_FILTER take?",
        "402 frames are seen again, after 401 s without any",
      ])
  }
}
