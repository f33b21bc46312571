import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// SIGTERM and SIGINT: exit code 0 within two seconds, everything captured sent.
  @Suite struct Signals {
    private static let port = 7000

    private func environment(_ engine: Engine) -> [String: String] {
      [
        "BPF_FILTER": "udp dst port \(Self.port)", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
        "STAT_FORMAT": "json", "CAPTURE": engine.rawValue,
      ]
    }

    /// The signal follows the last frame at once, so frames are still on their way through the forwarder.
    @Test(arguments: Engine.allCases, [SIGTERM, SIGINT]) func nothingCapturedIsLost(
      _ engine: Engine, signal: Int32
    ) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine), testbed: testbed)
        try testbed.runScript(
          "udp_sender.py", [Testbed.Address.app, "\(Self.port)", "5000", "200", "0"], in: testbed.peer)
        let total = try forwarder.stopWithTotal(signal)
        try Recorder.stop(recorder)
        #expect(total.capturedPackets == 5_000)
        #expect(try recorder.mirror().mirror.datagrams.count == 5_000)
      }
    }

    @Test(arguments: Engine.allCases, [SIGTERM, SIGINT]) func underTraffic(
      _ engine: Engine, signal: Int32
    ) throws {
      try withTestbed { testbed in
        let recorder = try testbed.recordMirror()
        let forwarder = try Forwarder(environment(engine), testbed: testbed)
        let generator = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "\(Self.port)", "0", "200", "5000"], in: testbed.peer)
        try eventually("traffic at the collector") {
          try testbed.collector.counter("rx_packets", of: "mirror0") > 5_000
        }
        let total = try forwarder.stopWithTotal(signal)
        generator.terminate()
        try Recorder.stop(recorder)
        let mirror = try recorder.mirror().mirror
        #expect(total.sentDatagrams == mirror.datagrams.count)
        #expect(total.forwardedPackets == total.capturedPackets)
        let numbers = NumberedDatagrams.numbers(mirror).sorted()
        let first = try #require(numbers.first)
        #expect(numbers == Array(first..<first + numbers.count), "no gap from the first to the last")
      }
    }

    /// No signal but SIGTERM and SIGINT means the end: neither those of a crash nor those that the Swift runtime stops
    /// threads with when it prints a backtrace. In the sandbox, where no backtracer can be started, it is the end at once.
    @Test(
      arguments: [SIGSEGV, SIGABRT, SIGUSR1, SIGUSR2],
      [("off", false), ("off", true), ("require", false), ("require", true)])
    func aCrashIsNoSuccess(_ signal: Int32, sandbox: (mode: String, withBacktracer: Bool)) throws {
      guard let variable = sandbox.withBacktracer ? Self.backtracer : "enable=no" else { return }
      try withTestbed { testbed in
        let settings = environment(.ring).merging(["SWIFT_BACKTRACE": variable, "SANDBOX": sandbox.mode]) { $1 }
        let forwarder = try Forwarder(settings, testbed: testbed)
        if sandbox.mode == "require" {
          let warning = "a crash will have no backtrace"
          let awaited = sandbox.withBacktracer ? warning : "seccomp ("
          try eventually("the sandbox") { forwarder.process.errorOutput.contains(awaited) }
          try Self.send(signal, toThread: "capture-0", of: forwarder.process.processID, testbed)
          #expect(try forwarder.process.wait(seconds: 5) == .signal(signal))
          #expect(forwarder.process.errorOutput.contains(warning) == sandbox.withBacktracer)
          return
        }
        // A signal that is sent is no crash that repeats itself: the backtracer lets the program go on once.
        var next = monotonicSeconds()
        try eventually("the end", within: 60) {
          if forwarder.process.isRunning, monotonicSeconds() >= next {
            try Self.send(signal, toThread: "capture-0", of: forwarder.process.processID, testbed)
            next = monotonicSeconds() + 3
          }
          return !forwarder.process.isRunning
        }
        #expect(try forwarder.process.wait(seconds: 1) != .status(0))
        #expect(!forwarder.process.output.contains("\"final\":true"), "\(forwarder.process.output)")
      }
    }

    /// The settings that turn the toolchain's backtracer on; nil where there is none.
    private static let backtracer: String? = {
      guard let compiler = try? Tool.path("swift") else { return nil }
      let folder = URL(fileURLWithPath: compiler).resolvingSymlinksInPath().deletingLastPathComponent()
      let program = folder.deletingLastPathComponent().path + "/libexec/swift/linux/swift-backtrace-static"
      guard access(program, X_OK) == 0 else { return nil }
      return "enable=yes,swift-backtrace=\(program),symbolicate=off,color=no,interactive=no"
    }()

    private static func send(
      _ signal: Int32, toThread name: String, of process: pid_t, _ testbed: Testbed
    ) throws {
      // A thread has its name a moment after it has begun.
      var thread: String?
      try eventually("thread \(name)") {
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
        thread = tasks.first {
          (try? String(contentsOfFile: "/proc/\(process)/task/\($0)/comm", encoding: .utf8)) == name + "\n"
        }
        return thread != nil
      }
      let call = "import ctypes; ctypes.CDLL(None).tgkill(\(process), \(try #require(thread)), \(signal))"
      try testbed.app.run(["python3", "-c", call])
    }

    /// As process 1 of a container: a signal that comes before its handler is thrown away by the kernel, and nobody
    /// sends it twice. `transferring control` is what the dynamic loader says before the program's first instruction.
    @Test(arguments: [["run"], ["receive", "--listen", "127.0.0.1:0"]])
    func asProcessOneAtOnce(_ arguments: [String]) throws {
      try withTestbed { testbed in
        let settings = environment(.ring).merging(["DESTINATION": Testbed.Address.collector, "LD_DEBUG": "files"]) {
          $1
        }
        for delay in 0..<20 as Range<useconds_t> {
          let binary = try Tool.packetForwarder()
          let command = ["unshare", "--pid", "--fork", "--kill-child", binary] + arguments
          let process = try testbed.start(command, in: testbed.app, environment: settings)
          let start = monotonicSeconds()
          while !process.errorOutput.contains("transferring control: \(binary)"), monotonicSeconds() < start + 10 {}
          let children = "/proc/\(process.processID)/task/\(process.processID)/children"
          let child = try String(contentsOfFile: children, encoding: .utf8).split(separator: " ").first
          usleep(delay * 1_000)
          kill(try #require(child.flatMap { pid_t($0) }, "\(process.errorOutput)"), SIGTERM)
          #expect(try process.wait(seconds: 3) == .status(0), "\(delay) ms")
        }
      }
    }

    /// With a hundredth to a twentieth of a core, SIGTERM finds a ring full of frames: every one that arrived is in a
    /// counter, or the program says that it is not so and does not end with 0.
    @Test(.enabled(if: ControlGroup.isUsable), arguments: Engine.allCases, [1, 2, 5])
    func almostWithoutACore(_ engine: Engine, percent: Int) throws {
      try withTestbed { testbed in
        let forwarder = try Forwarder(environment(engine), testbed: testbed)
        let group = try ControlGroup(percentOfACore: percent)
        defer { group.remove(killing: forwarder.process.processID) }
        try group.add(forwarder.process.processID)
        let before = try testbed.app.counter("rx_packets", of: "eth0")
        try testbed.runScript(
          "udp_sender.py", [Testbed.Address.app, "\(Self.port)", "30000", "200", "10000"], in: testbed.peer)
        // Neighbour discovery may add a frame or two to what the interface counts; the filter takes none of these.
        let arrived = try testbed.app.counter("rx_packets", of: "eth0") - before
        #expect((30_000...30_010).contains(arrived))
        let start = monotonicSeconds()
        forwarder.process.signal(SIGTERM)
        let exit = try forwarder.process.wait(seconds: 10)
        // Two seconds, and what the scheduler takes: at one percent a thread waits a tenth of a second for each of its
        // milliseconds.
        #expect(monotonicSeconds() - start < 2 + 2.5 / Double(percent))
        let said = forwarder.process.errorOutput
        if exit == .status(0) {
          let total = try #require(try StatisticsLine.lines(of: forwarder.process.output).last).total
          #expect(total.capturedPackets + total.kernelDroppedPackets == 30_000, "\(total)")
          #expect(total.isBalanced)
        } else {
          #expect(exit == .status(75), "\(said)")
          #expect(said.contains("the last statistics"), "\(said)")
        }
      }
    }

    /// Without any traffic there is nothing to wake the capture loop but the signal.
    @Test(arguments: Engine.allCases, [SIGTERM, SIGINT]) func whileIdle(
      _ engine: Engine, signal: Int32
    ) throws {
      try withTestbed { testbed in
        let forwarder = try Forwarder(environment(engine), testbed: testbed)
        #expect(try forwarder.stopWithTotal(signal).capturedPackets == 0)
      }
    }
  }
}
