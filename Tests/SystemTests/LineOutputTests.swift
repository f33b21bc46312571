import Foundation
import Synchronization
import Testing

@testable import System

/// A pipe that holds little, its reading end, and what was reported as lost.
private final class SmallPipe: Sendable {
  let reading: CInt
  let writing: CInt
  private let losses = Mutex<[LineOutput.Loss]>([])

  init() throws {
    // A write without a reader is an error here, as in the program.
    signal(SIGPIPE, SIG_IGN)
    var ends: [CInt] = [0, 0]
    try #require(pipe(&ends) == 0)
    (reading, writing) = (ends[0], ends[1])
    // F_SETPIPE_SZ in linux/fcntl.h.
    try #require(fcntl(writing, 1031, 4_096) == 4_096)
  }

  deinit {
    close(reading)
    close(writing)
  }

  var lost: [LineOutput.Loss] { losses.withLock { $0 } }

  func output(capacity: Int = LineOutput.defaultCapacity) throws -> LineOutput {
    try LineOutput(writing, name: "test", capacity: capacity) { loss, output in
      self.losses.withLock { $0.append(loss) }
      output.write("lost \(loss.count)")
    }
  }

  /// Reads lines until there is one that begins with `last`, each within ten seconds.
  func lines(until last: String) throws -> [String] {
    var text = ""
    while true {
      let lines = text.split(separator: "\n").map(String.init)
      if text.hasSuffix("\n"), lines.last?.hasPrefix(last) == true { return lines }
      var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
      try #require(poll(&entry, 1, 10_000) == 1, "only this came: \(text.suffix(200))")
      var part = [UInt8](repeating: 0, count: 4_096)
      let count = read(reading, &part, part.count)
      try #require(count > 0)
      text += String(decoding: part.prefix(count), as: UTF8.self)
    }
  }
}

private var inTenSeconds: Int64 { MonotonicClock.milliseconds + 10_000 }

@Suite(.timeLimit(.minutes(1))) struct LineOutputTests {
  @Test func linesArriveInOrder() throws {
    let pipe = try SmallPipe()
    let output = try pipe.output()
    for number in 0..<10 { output.write("line \(number)") }
    #expect(output.flush(by: inTenSeconds))
    #expect(try pipe.lines(until: "line 9") == (0..<10).map { "line \($0)" })
    #expect(pipe.lost.isEmpty)
  }

  /// Nobody reads: no writer waits, memory is bounded, and when somebody reads again the lines that are missing are
  /// counted to the line.
  @Test func aReaderThatDoesNotReadBlocksNobody() throws {
    let pipe = try SmallPipe()
    // Full from the start, so that not one line gets through.
    let filler = [UInt8](repeating: UInt8(ascii: "f"), count: 4_095) + [UInt8(ascii: "\n")]
    try #require(write(pipe.writing, filler, filler.count) == filler.count)
    let output = try pipe.output(capacity: 20_000)
    let padding = String(repeating: "x", count: 100)
    let start = MonotonicClock.milliseconds
    for number in 0..<5_000 { output.write("\(number) \(padding)") }
    #expect(!output.flush(by: MonotonicClock.milliseconds + 20))
    #expect(MonotonicClock.milliseconds - start < 5_000)
    let kept = try pipe.lines(until: "lost").dropFirst().filter { !$0.hasPrefix("lost") }
    let isInOrder = kept == (0..<kept.count).map { "\($0) \(padding)" }
    #expect(isInOrder, "what was queued first is kept")
    let byteCount = kept.reduce(0) { $0 + $1.utf8.count + 1 }
    #expect((19_800...20_000).contains(byteCount))
    #expect(pipe.lost == [LineOutput.Loss(count: UInt64(5_000 - kept.count))])
    output.write("after")
    #expect(try pipe.lines(until: "after") == ["after"])
    #expect(output.flush(by: inTenSeconds))
  }

  @Test func aReaderThatIsGoneNeedsNoLines() throws {
    var ends: [CInt] = [0, 0]
    signal(SIGPIPE, SIG_IGN)
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let output = try LineOutput(ends[1], name: "test") { loss, _ in Issue.record("\(loss)") }
    output.write("one")
    output.write("two")
    #expect(output.flush(by: inTenSeconds))
  }

  /// A line that the disk has no room for is lost, and the flush says so.
  @Test func aFullDiskIsNoSuccess() throws {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let output = try LineOutput(full, name: "test") { _, _ in }
    output.write("one")
    #expect(!output.flush(by: inTenSeconds))
  }

  @Test func lossesInWords() {
    let unread = LineOutput.Loss(count: 37)
    #expect(
      unread.description(of: "log", to: "standard error") == "37 log lines were lost: standard error was not read")
    let full = LineOutput.Loss(count: 1, code: ENOSPC)
    #expect(
      full.description(of: "statistics", to: "standard output")
        == "1 statistics line was lost: standard output: No space left on device")
  }

  @Test func whatIsWrittenNowIsBoundedInTime() throws {
    let pipe = try SmallPipe()
    LineOutput.writeNow("first", to: pipe.writing, within: 10_000)
    #expect(try pipe.lines(until: "first") == ["first"])
    let start = MonotonicClock.milliseconds
    LineOutput.writeNow(String(repeating: "x", count: 20_000), to: pipe.writing, within: 50)
    #expect(MonotonicClock.milliseconds - start < 5_000)
  }
}

@Suite(.timeLimit(.minutes(1))) struct SignalDescriptorTests {
  /// On a thread of its own, whose mask and signals are nobody else's.
  @Test func aSignalIsSomethingToPollFor() throws {
    let ended = try EventDescriptor()
    let seen = Mutex<[CInt?]>([])
    try BackgroundThread.run(name: "signals") {
      if let signals = try? SignalDescriptor([SIGUSR2, SIGWINCH]) {
        seen.withLock { $0 = [signals.next(), signals.hasNext ? 1 : 0] }
        pthread_kill(pthread_self(), SIGUSR2)
        seen.withLock { $0 += [signals.hasNext ? 1 : 0, signals.next(), signals.next()] }
      }
      ended.signal()
    }
    #expect(ended.wait(milliseconds: 10_000))
    #expect(seen.withLock { $0 } == [nil, 0, 1, SIGUSR2, nil])
  }
}
