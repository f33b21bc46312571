import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Standard output and standard error that nobody reads: nothing else may notice.
  @Suite struct Outputs {
    private static let settings = [
      "BPF_FILTER": "udp dst port 7000", "DESTINATION": Testbed.Address.collector, "INTERFACE": "eth0",
      "STAT_FORMAT": "json", "STAT_DURATION": "1",
    ]

    /// A named pipe of 4 KiB that nobody reads.
    private final class Unread {
      let path: String
      private let descriptor: Int32

      init(_ testbed: Testbed) throws {
        path = "\(testbed.directory)/unread"
        guard mkfifo(path, 0o600) == 0 else { throw Failure("mkfifo: errno \(errno)") }
        descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        // F_SETPIPE_SZ in linux/fcntl.h.
        guard fcntl(descriptor, 1031, 4_096) == 4_096 else { throw Failure("fcntl: errno \(errno)") }
      }

      deinit { close(descriptor) }

      /// Leaves no room.
      func fill() {
        while write(descriptor, "\n", 1) == 1 {}
      }

      /// Everything that is in it.
      func read() -> String {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
      }
    }

    private func start(_ testbed: Testbed, _ engine: Engine, redirection: String, to unread: Unread) throws
      -> Subprocess
    {
      let shell = ["sh", "-c", "exec \"$0\" \(redirection)\"$1\"", try Tool.packetForwarder(), unread.path]
      let settings = Self.settings.merging(["CAPTURE": engine.rawValue]) { $1 }
      return try testbed.start(shell, in: testbed.app, environment: settings)
    }

    private func lines(_ process: Subprocess) throws -> [StatisticsLine] {
      // The last line may not be whole yet.
      let whole = process.output.lastIndex(of: "\n").map { String(process.output[...$0]) } ?? ""
      return try StatisticsLine.lines(of: whole)
    }

    @Test(arguments: Engine.allCases) func standardErrorIsBlockedFromTheStart(_ engine: Engine) throws {
      try withTestbed { testbed in
        let unread = try Unread(testbed)
        unread.fill()
        let process = try start(testbed, engine, redirection: "2>", to: unread)
        try eventually("statistics") { try !lines(process).isEmpty }
        try NumberedDatagrams.send(
          2_000, size: 200, to: Testbed.Address.app, perSecond: 10_000, from: testbed.peer, testbed: testbed)
        let start = monotonicSeconds()
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 5) == .status(0))
        #expect(monotonicSeconds() - start < 2)
        let last = try #require(try lines(process).last)
        #expect(last.final && last.total.capturedPackets == 2_000 && last.total.forwardedPackets == 2_000)
      }
    }

    /// Blocked while it runs, and then something to say: capturing goes on.
    @Test(arguments: Engine.allCases) func standardErrorIsBlockedWhenAnInterfaceFlaps(_ engine: Engine) throws {
      try withTestbed { testbed in
        let unread = try Unread(testbed)
        let process = try start(testbed, engine, redirection: "2>", to: unread)
        var log = ""
        try eventually("capturing") {
          log += unread.read()
          return log.contains("capturing on")
        }
        unread.fill()
        try testbed.app.ip("link set eth0 down")
        try testbed.app.ip("link set eth0 up")
        try eventually("frames after the flap") {
          try NumberedDatagrams.send(
            10, size: 200, to: Testbed.Address.app, from: testbed.peer, testbed: testbed)
          return try lines(process).last.map { $0.counters.capturedPackets > 0 } ?? false
        }
        let before = try #require(try lines(process).last).total.capturedPackets
        try NumberedDatagrams.send(
          10_000, size: 200, to: Testbed.Address.app, perSecond: 10_000, from: testbed.peer, testbed: testbed)
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 5) == .status(0))
        let last = try #require(try lines(process).last)
        #expect(last.final && last.total.capturedPackets >= before + 10_000)
        #expect(last.total.forwardedPackets + last.total.droppedTotal == last.total.capturedPackets)
      }
    }

    /// The last statistics are part of the contract: without them the end is no success, and the log says so.
    @Test(arguments: Engine.allCases) func standardOutputIsBlocked(_ engine: Engine) throws {
      try withTestbed { testbed in
        let unread = try Unread(testbed)
        unread.fill()
        let process = try start(testbed, engine, redirection: ">", to: unread)
        try eventually("capturing: \(process.errorOutput)") { process.errorOutput.contains("capturing on") }
        let start = monotonicSeconds()
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 5) == .status(75))
        #expect(monotonicSeconds() - start < 2)
        #expect(
          process.errorOutput.contains("the last statistics were not written: standard output was not read"),
          "\(process.errorOutput)")
      }
    }

    /// Nobody reads the statistics while frames come: all are mirrored and counted, as `status` shows, the log goes on, and
    /// the end comes in time.
    @Test(arguments: Engine.allCases) func standardOutputIsBlockedWhileTrafficFlows(_ engine: Engine) throws {
      try withTestbed { testbed in
        let unread = try Unread(testbed)
        unread.fill()
        let process = try start(testbed, engine, redirection: ">", to: unread)
        try eventually("capturing: \(process.errorOutput)") { process.errorOutput.contains("capturing on") }
        try NumberedDatagrams.send(
          40_000, size: 200, to: Testbed.Address.app, perSecond: 20_000, from: testbed.peer, testbed: testbed)
        var status = try testbed.statusDocument()
        try eventually("40,000 frames: \(status.counters)") {
          status = try testbed.statusDocument()
          return status.counters.capturedPackets == 40_000
        }
        #expect(status.counters.forwardedPackets == 40_000 && status.counters.kernelDroppedPackets == 0)
        #expect(status.counters.isBalanced && status.unhealthy == nil)
        try testbed.app.ip("link set eth0 down")
        try eventually("the log: \(process.errorOutput)") { process.errorOutput.contains("unhealthy: ") }
        let start = monotonicSeconds()
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 5) == .status(75))
        #expect(monotonicSeconds() - start < 2)
      }
    }

    /// Both outputs closed before it starts.
    @Test(arguments: Engine.allCases) func outputsAreClosed(_ engine: Engine) throws {
      try withTestbed { testbed in
        let shell = ["sh", "-c", "exec \"$0\" >&- 2>&-", try Tool.packetForwarder()]
        let process = try testbed.start(
          shell, in: testbed.app, environment: Self.settings.merging(["CAPTURE": engine.rawValue]) { $1 })
        let probe = HealthProbe(testbed)
        try eventually("health") { try probe.check().isHealthy }
        try NumberedDatagrams.send(
          2_000, size: 200, to: Testbed.Address.app, perSecond: 10_000, from: testbed.peer, testbed: testbed)
        var status = try testbed.statusDocument()
        try eventually("2,000 frames: \(status.counters)") {
          status = try testbed.statusDocument()
          return status.counters.forwardedPackets == 2_000
        }
        let start = monotonicSeconds()
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 5) == .status(0))
        #expect(monotonicSeconds() - start < 2)
      }
    }
  }
}
