import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// A forwarder that somebody has taken over, in the middle of its work: another process makes its threads call what they
  /// never call by themselves. `ConfinementProbe` tries more of these, from a program that confines itself in the same way.
  @Suite struct SandboxBreach {
    private func forwarder(_ testbed: Testbed, _ more: [String: String] = [:], launcher: [String] = []) throws
      -> Forwarder
    {
      let environment = [
        "DESTINATION": Testbed.Address.collector, "INTERFACE": "eth0", "BPF_FILTER": "udp dst port 7000",
        "RATE_LIMIT": "100Mbps", "METRICS": ":9749", "STAT_FORMAT": "json", "STAT_DURATION": "1", "SANDBOX": "require",
        "SWIFT_BACKTRACE": "enable=no",
      ]
      return try Forwarder(environment.merging(more) { $1 }, testbed: testbed, launcher: launcher)
    }

    /// Threads by their names, once they all wait for something.
    private func threads(of process: Subprocess) throws -> [String: String] {
      let folder = "/proc/\(process.processID)/task"
      var found: [String: String] = [:]
      for thread in try FileManager.default.contentsOfDirectory(atPath: folder) {
        let name = try String(contentsOfFile: "\(folder)/\(thread)/comm", encoding: .utf8)
        found[name.trimmingCharacters(in: .newlines)] = thread
      }
      return found
    }

    /// What a call returned, or `signal 31`.
    private func call(_ thread: String, _ arguments: String..., in testbed: Testbed) throws -> String {
      try testbed.runScript("call_inside.py", [thread] + arguments, in: testbed.app)
        .trimmingCharacters(in: .newlines)
    }

    /// What is refused with an error is refused in every thread, and what is needed is not; the forwarder goes on.
    @Test(arguments: [nil, "10001"]) func noThreadReadsSecrets(user: String?) throws {
      try withTestbed { testbed in
        let forwarder = try forwarder(testbed, user.map { ["USER_NAME": $0] } ?? [:])
        // They start, and take their names, one after the other.
        try eventually("every thread") {
          try Set(Self.threadNames).isSubset(of: self.threads(of: forwarder.process).keys)
        }
        let threads = try self.threads(of: forwarder.process)
        for (name, thread) in threads {
          for path in ["/etc/shadow", "/root/.bashrc", "/bin/sh", "/proc/1/environ"] {
            #expect(try call(thread, "openat", "-100", path, "0", in: testbed) == "-\(EACCES)", "\(path) in \(name)")
          }
          let descriptor = try call(thread, "openat", "-100", "/etc/hosts", "0", in: testbed)
          #expect(Int(descriptor).map { $0 > 2 } == true, "\(descriptor) in \(name)")
        }
        try testbed.runScript("udp_sender.py", [Testbed.Address.app, "7000", "100", "200", "5000"], in: testbed.peer)
        #expect(try forwarder.stopWithTotal().forwardedPackets == 100)
      }
    }

    static let threadNames = [
      "packet-forwarde", "log", "statistics", "resolver", "capture-0", "limits", "status", "metrics",
    ]

    static let calls = [
      ("execve", ["/bin/sh", "0", "0"]), ("openat", ["-100", "/tmp/pfe-breach", "65"]), ("kill", ["1", "9"]),
      ("ptrace", ["16", "1"]), ("setuid", ["0"]), ("socket", ["38", "5", "0"]), ("mprotect", ["0", "4096", "7"]),
      ("unlinkat", ["-100", "/tmp/pfe-breach", "0"]), ("mkdirat", ["-100", "/tmp/pfe-breach", "511"]),
    ]

    /// Whatever thread it is, the whole program ends at once, with one line and exit code 70.
    @Test(
      arguments: threadNames, [Engine.ring, .libpcap])
    func aForbiddenCallIsTheEnd(thread name: String, _ engine: Engine) throws {
      try withTestbed { testbed in
        for (number, (call, arguments)) in Self.calls.enumerated()
        // All of them in one thread, and one in each of the others.
        where name == "resolver" ? engine == .ring : number == 0 {
          let forwarder = try forwarder(testbed, ["CAPTURE": engine.rawValue])
          try eventually("thread \(name)") { try self.threads(of: forwarder.process)[name] != nil }
          let thread = try #require(try threads(of: forwarder.process)[name])
          let answer = try testbed.runScript("call_inside.py", [thread, call] + arguments, in: testbed.app)
          #expect(answer == "signal \(SIGSYS)\n", "\(call)")
          #expect(try forwarder.process.wait(seconds: 5) == .status(70), "\(forwarder.process.errorOutput)")
          let lines = forwarder.process.errorOutput.split(separator: "\n")
            .filter { $0.contains("the sandbox does not allow system call") }
          #expect(lines.count == 1, "\(forwarder.process.errorOutput)")
        }
        #expect(access("/tmp/pfe-breach", F_OK) != 0)
      }
    }

    /// Standard error that takes nothing does not keep it from ending.
    @Test func theEndDoesNotWaitForTheLog() throws {
      try withTestbed { testbed in
        let launcher = """
          import os, sys
          reading, writing = os.pipe()
          os.set_inheritable(reading, True)
          os.set_blocking(writing, False)
          try:
            while True: os.write(writing, b"x" * 4096)
          except BlockingIOError: pass
          os.set_blocking(writing, True)
          os.dup2(writing, 2)
          os.execv(sys.argv[1], sys.argv[1:])
          """
        let process = try testbed.start(
          ["python3", "-c", launcher, try Tool.packetForwarder()], in: testbed.app,
          environment: [
            "PATH": "/usr/bin:/usr/sbin:/bin", "DESTINATION": Testbed.Address.collector, "INTERFACE": "eth0",
            "STAT_DURATION": "1", "SANDBOX": "require", "SWIFT_BACKTRACE": "enable=no",
          ])
        try eventually("statistics") { !process.output.isEmpty }
        let thread = try #require(try threads(of: process)["resolver"])
        #expect(try call(thread, "execve", "/bin/sh", "0", "0", in: testbed) == "signal \(SIGSYS)")
        #expect(try process.wait(seconds: 5) == .status(70))
      }
    }
  }
}
