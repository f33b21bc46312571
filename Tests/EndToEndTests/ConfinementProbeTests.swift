import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// What the sandbox forbids is tried from inside, one thing a process, and refused. `ConfinedProbe` confines itself with
  /// the forwarder's own code under SANDBOX=require.
  @Suite struct ConfinementProbe {
    /// What came of an attempt.
    private enum Outcome: Equatable {
      /// The system call was judged by the kernel: 0 or errno.
      case returned(Int32)
      /// It was not let through, and that was said.
      case trapped(call: Int, said: String)
    }

    private func tried(
      _ attempt: String, _ path: String = "", _ more: [String] = [], directory: String
    ) throws -> Outcome {
      // Any user may run a copy.
      let copy = "\(directory)/ConfinedProbe"
      if access(copy, F_OK) != 0 {
        try Tool.copy(try Tool.product("ConfinedProbe"), to: copy, in: directory)
        #expect(chmod(directory, 0o755) == 0 && chmod(copy, 0o755) == 0)
      }
      let process = try Subprocess(
        [copy, attempt, path] + more, environment: ["SWIFT_BACKTRACE": "enable=no"], in: directory)
      let exit = try process.wait(seconds: 20)
      let lines = process.output.split(separator: "\n")
      if exit == .status(0), let code = lines.last.flatMap({ Int32($0) }) { return .returned(code) }
      let call = lines.first?.split(separator: " ").last.flatMap { Int($0) }
      guard exit == .status(70), let call else {
        throw Failure("\(attempt): \(exit), \(process.output) \(process.errorOutput)")
      }
      return .trapped(call: call, said: process.errorOutput)
    }

    /// The kernel judges an attempt so: 0 or errno.
    private func expect(
      _ code: Int32, _ attempt: String, _ path: String = "", _ more: [String] = [], in directory: String
    ) throws {
      let outcome = try tried(attempt, path, more, directory: directory)
      #expect(outcome == .returned(code), "\(attempt) \(path) \(more.joined(separator: " "))")
    }

    private func withDirectory(_ body: (String) throws -> Void) throws {
      try Requirements.demand()
      let directory = "\(FileManager.default.temporaryDirectory.path)/pfe-probe-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: directory) }
      try body(directory)
    }

    static let calls = [
      "exec", "fork", "ptrace", "mount", "unshare", "bpf", "perf", "module", "setuid", "kill", "tgkill", "memfd",
      "io_uring",
      "keyctl", "read-other-memory", "chmod", "crypto-socket", "terminal", "code", "silence",
    ]

    /// As root, and as somebody else.
    @Test(arguments: calls) func systemCallsThatAreNotMade(_ attempt: String) throws {
      try withDirectory { directory in
        for more in [[], ["as", "10001"]] {
          guard case .trapped(let call, let said) = try tried(attempt, "", more, directory: directory) else {
            Issue.record("\(attempt) was let through")
            continue
          }
          let lines = said.split(separator: "\n")
          #expect(lines.count == 1 && said.contains("the sandbox does not allow system call \(call), "), "\(said)")
        }
      }
    }

    /// One that this version knows nothing of fails as on an older kernel.
    @Test func aNewerSystemCallIsUnknown() throws {
      try withDirectory { try expect(ENOSYS, "newer", in: $0) }
    }

    /// Nothing is opened for writing, with Landlock or without; where a directory may be written to, only what is in it.
    @Test func writing() throws {
      try withDirectory { directory in
        for attempt in ["write", "append"] {
          guard case .trapped = try tried(attempt, "\(directory)/file", directory: directory) else {
            Issue.record("\(attempt) was let through")
            continue
          }
        }
        #expect(access("\(directory)/file", F_OK) != 0)
        let allowed = "\(directory)/health"
        #expect(mkdir(allowed, 0o755) == 0)
        let writing = ["writing", allowed]
        try "kept".write(toFile: "\(directory)/other", atomically: false, encoding: .utf8)
        try expect(0, "write", "\(allowed)/file", writing, in: directory)
        try expect(0, "replace", "\(allowed)/file", writing, in: directory)
        try expect(0, "unlink", "\(allowed)/file", writing, in: directory)
        try expect(EACCES, "replace", "\(directory)/other", writing, in: directory)
        for (attempt, path) in [("write", "other"), ("append", "other"), ("unlink", "other"), ("write", "file")] {
          try expect(EACCES, attempt, "\(directory)/\(path)", writing, in: directory)
        }
        try expect(EACCES, "write", "/dev/shm/file", writing, in: directory)
        #expect(try String(contentsOfFile: "\(directory)/other", encoding: .utf8) == "kept")
      }
    }

    /// Secrets are not read, not even by root; what looking names up takes is.
    @Test func reading() throws {
      try withDirectory { directory in
        try "secret".write(toFile: "\(directory)/key", atomically: false, encoding: .utf8)
        for more in [[], ["as", "10001"]] {
          for path in ["/etc/shadow", "\(directory)/key", "/root", "/bin/sh", "/dev/mem", "/proc/1/environ", "/"] {
            let outcome = try tried("read", path, more, directory: directory)
            #expect([.returned(EACCES), .returned(ENOENT)].contains(outcome), "\(path) as \(more): \(outcome)")
          }
          for path in ["/etc/hosts", "/etc/nsswitch.conf", "/proc/net/unix", "/proc/self/status", "/sys/class/net"] {
            try expect(0, "read", path, more, in: directory)
          }
        }
      }
    }

    /// No TCP but what DNS takes.
    @Test func connecting() throws {
      try withDirectory { directory in
        try expect(EACCES, "connect", "80", in: directory)
        try expect(EACCES, "connect", "4789", in: directory)
        try expect(ECONNREFUSED, "connect", "53", in: directory)
        try expect(EACCES, "listen", "4789", in: directory)
      }
    }

    /// What is needed still works, as whoever it is.
    @Test func whatIsNeeded() throws {
      try withDirectory { directory in
        for more in [[], ["as", "10001"]] {
          for (attempt, path) in [("lookup", "localhost"), ("packet-socket", ""), ("thread", ""), ("answer", "")] {
            try expect(0, attempt, path, more, in: directory)
          }
        }
      }
    }

    /// A crash ends it, by its signal: no handler hangs in a system call that it may not make.
    @Test(arguments: ["enable=no", "enable=yes"]) func crash(_ backtrace: String) throws {
      try withDirectory { directory in
        let process = try Subprocess(
          [try Tool.product("ConfinedProbe"), "crash"], environment: ["SWIFT_BACKTRACE": backtrace], in: directory)
        guard case .signal(let number) = try process.wait(seconds: 20) else {
          Issue.record("no end by a signal: \(process.errorOutput)")
          return
        }
        #expect([SIGILL, SIGTRAP, SIGABRT].contains(number))
      }
    }
  }
}
