import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Everything that a forwarder has to do again while it runs, done inside its sandbox.
  @Suite struct Sandbox {
    private func environment(_ engine: Engine, _ more: [String: String] = [:]) -> [String: String] {
      let common = [
        "BPF_FILTER": "udp dst port 7000", "DESTINATION": Testbed.collectorName, "INTERFACE": "eth0",
        "STAT_FORMAT": "json", "CAPTURE": engine.rawValue, "RESOLVE_INTERVAL": "1", "SANDBOX": "require",
        "SWIFT_BACKTRACE": "enable=no",
      ]
      return common.merging(more) { $1 }
    }

    private func send(_ count: Int, size: Int = 200, to address: String = Testbed.Address.app, _ testbed: Testbed)
      throws
    {
      try testbed.runScript("udp_sender.py", [address, "7000", "\(count)", "\(size)", "5000"], in: testbed.peer)
    }

    private func awaitLog(_ forwarder: Forwarder, _ text: String) throws {
      try eventually("\"\(text)\"; the log says: \(forwarder.process.errorOutput)", within: 15) {
        forwarder.process.errorOutput.contains(text) || !forwarder.process.isRunning
      }
      #expect(forwarder.process.isRunning, "\(forwarder.process.errorOutput)")
    }

    /// One life: two collectors, IPv4 and IPv6, frames too large, an interface that goes down, away and comes back, names
    /// that move, SIGHUP, a path that shrinks, a firewall, and the end. As root, and as a user that it becomes.
    @Test(arguments: Engine.allCases, ["root", "10001"]) func aWholeLife(_ engine: Engine, user: String) throws {
      try withTestbed { testbed in
        try testbed.collector.ip("address add 198.51.100.3/24 dev mirror0")
        var settings = environment(engine, ["DESTINATION_MODE": "copy", "LOG_LEVEL": "debug", "WORKERS": "2"])
        if user != "root" { settings["USER_NAME"] = user }
        let forwarder = try Forwarder(
          settings, testbed: testbed, addresses: [Testbed.Address.collector, Testbed.Address.collector6])
        try awaitLog(forwarder, "seccomp (")
        try send(100, testbed)
        try send(100, size: 20_000, testbed)
        try send(100, to: Testbed.Address.app6, testbed)
        // A new interface of the old name.
        try testbed.app.run(["ip", "link", "set", "eth0", "down"])
        try testbed.app.run(["ip", "link", "set", "eth0", "up"])
        try awaitLog(forwarder, "interface eth0 is back after ")
        try testbed.app.run(["ip", "link", "delete", "eth0"])
        try awaitLog(forwarder, "interface eth0 is lost: it is gone")
        try testbed.addTrafficLink(mtu: 1500)
        try eventually("eth0 again: \(forwarder.process.errorOutput)", within: 15) {
          forwarder.process.errorOutput.components(separatedBy: "interface eth0 is back after ").count == 3
            || forwarder.process.errorOutput.contains("the capture is back")
        }
        // The name moves, and SIGHUP asks again.
        _ = try testbed.hosts(["198.51.100.3"])
        forwarder.process.signal(SIGHUP)
        try awaitLog(forwarder, "sending to 198.51.100.3:4789")
        let before = try testbed.collector.counter("rx_packets", of: "mirror0")
        try send(500, testbed)
        try eventually("the new address") { try testbed.collector.counter("rx_packets", of: "mirror0") >= before + 400 }
        try testbed.app.ip("route replace 198.51.100.0/24 dev mirror0 mtu 1300")
        try awaitLog(forwarder, "now carries 1300 bytes")
        try send(50, size: 1_400, testbed)
        try testbed.app.nft("table inet f { chain out { type filter hook output priority 0; udp dport 4789 drop; }; }")
        try send(50, testbed)
        try awaitLog(forwarder, "not sent: EPERM")
        try expectConfined(forwarder, user: user == "root" ? 0 : 10_001)
        let total = try forwarder.stopWithTotal(kernelDrops: engine == .libpcap ? 1_000 : 0)
        #expect(total.capturedPackets > 800 && total.droppedPackets.send["EPERM", default: 0] > 0, "\(total)")
        #expect(!forwarder.process.errorOutput.contains("does not allow"), "\(forwarder.process.errorOutput)")
      }
    }

    /// What the kernel says of a process in the sandbox: every thread of it.
    private func expectConfined(_ forwarder: Forwarder, user: Int) throws {
      let process = forwarder.process.processID
      let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
      #expect(tasks.count >= 5)
      for task in tasks {
        let text = try String(contentsOfFile: "/proc/\(process)/task/\(task)/status", encoding: .utf8)
        func field(_ name: String) -> [String] {
          let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
          return line.split(whereSeparator: \.isWhitespace).dropFirst().map(String.init)
        }
        #expect(field("Uid") == [String](repeating: "\(user)", count: 4))
        if user != 0 { #expect(field("Gid") == [String](repeating: "\(user)", count: 4) && field("Groups") == []) }
        for set in ["CapPrm", "CapEff", "CapBnd"] { #expect(field(set) == ["0000000000002000"], "\(set)") }
        for set in ["CapInh", "CapAmb"] { #expect(field(set) == ["0000000000000000"], "\(set)") }
        #expect(field("NoNewPrivs") == ["1"] && field("Seccomp") == ["2"], "\(text)")
      }
      // Nobody but root may look into its memory.
      var status = stat()
      #expect(stat("/proc/\(process)/mem", &status) == 0 && status.st_uid == 0)
    }

    /// As the image runs: a user that has the capability from the binary's file, or from whoever started it.
    @Test(arguments: Engine.allCases, ["cap_net_raw+ep", "cap_net_raw+p", "ambient"])
    func withoutRoot(_ engine: Engine, source: String) throws {
      try withTestbed { testbed in
        let copy = "\(testbed.directory)/packet-forwarder"
        try Tool.copy(try Tool.packetForwarder(), to: copy, in: testbed.directory)
        #expect(chmod(testbed.directory, 0o755) == 0 && chmod(copy, 0o755) == 0)
        var command = ["setpriv", "--reuid", "10001", "--regid", "10001", "--clear-groups"]
        if source != "ambient" {
          try testbed.app.run(["setcap", source, copy])
          command += ["--bounding-set", "-all,+net_raw"]
        } else {
          command += ["--inh-caps", "+net_raw", "--ambient-caps", "+net_raw"]
        }
        let environment = environment(engine, ["DESTINATION": Testbed.Address.collector])
        let process = try testbed.start(
          command + [copy], in: testbed.app, environment: environment.merging(["PATH": "/usr/bin:/usr/sbin"]) { $1 })
        try eventually("the sandbox; it says: \(process.errorOutput)") {
          process.errorOutput.contains("seccomp (") || !process.isRunning
        }
        try send(200, testbed)
        try testbed.app.run(["ip", "link", "set", "eth0", "down"])
        try testbed.app.run(["ip", "link", "set", "eth0", "up"])
        try eventually("eth0 again: \(process.errorOutput)", within: 15) {
          process.errorOutput.contains("interface eth0 is back after ")
        }
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 5) == .status(0), "\(process.errorOutput)")
        let total = try #require(try StatisticsLine.lines(of: process.output).last).total
        #expect(total.capturedPackets == 200 && total.forwardedPackets == 200)
      }
    }

    /// As in a task on Fargate or a hardened pod: no root, one capability, no new privileges, nothing to write to; and no
    /// /proc and no resolv.conf either.
    @Test(arguments: Engine.allCases) func asATask(_ engine: Engine) throws {
      try withTestbed { testbed in
        let setUp = """
          mount --bind /dev/null /etc/resolv.conf && mount -t tmpfs none /proc && mount -o remount,bind,ro / \
            && exec env -i "$@"
          """
        let variables = environment(engine, ["DESTINATION": Testbed.Address.collector, "PATH": "/usr/bin:/usr/sbin"])
        let program = "\(testbed.directory)/packet-forwarder"
        try Tool.copy(try Tool.packetForwarder(), to: program, in: testbed.directory)
        #expect(chmod(testbed.directory, 0o755) == 0 && chmod(program, 0o755) == 0)
        let process = try testbed.start(
          ["unshare", "--mount", "sh", "-c", setUp, "sh"] + variables.map { "\($0)=\($1)" } + [
            "setpriv", "--reuid", "10001", "--regid", "10001", "--clear-groups", "--inh-caps", "+net_raw",
            "--ambient-caps",
            "+net_raw", "--bounding-set", "-all,+net_raw", "--no-new-privs", program,
          ], in: testbed.app)
        try eventually("the sandbox; it says: \(process.errorOutput)") {
          process.errorOutput.contains("seccomp (") || !process.isRunning
        }
        try send(200, testbed)
        try testbed.app.run(["ip", "link", "set", "eth0", "down"])
        try testbed.app.run(["ip", "link", "set", "eth0", "up"])
        try eventually("eth0 again: \(process.errorOutput)", within: 15) {
          process.errorOutput.contains("interface eth0 is back after ")
        }
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 5) == .status(0), "\(process.errorOutput)")
        let total = try #require(try StatisticsLine.lines(of: process.output).last).total
        #expect(total.capturedPackets == 200 && total.forwardedPackets == 200)
      }
    }

    /// A resolv.conf that is replaced, not only written to, is read by a user that is not root; answers come from a server
    /// that only the new one names.
    @Test func aReplacedResolverConfiguration() throws {
      try withTestbed { testbed in
        let etc = "\(testbed.directory)/etc"
        try testbed.app.run(["cp", "-a", "/etc", etc])
        try "hosts: files dns\n".write(toFile: "\(etc)/nsswitch.conf", atomically: true, encoding: .utf8)
        try "nameserver 203.0.113.9\noptions timeout:1 attempts:1\n".write(
          toFile: "\(etc)/resolv.conf", atomically: true, encoding: .utf8)
        #expect(chmod(testbed.directory, 0o755) == 0)
        // The server's answers lie there.
        try testbed.app.ip("route add 203.0.113.0/24 via \(Testbed.Address.collector)")
        _ = try testbed.startScript("dns_server.py", ["53"], in: testbed.app)
        let program = try Tool.packetForwarder()
        let start = "mount --bind \(etc) /etc && exec env -i \"$@\" \(program)"
        let variables = environment(.ring, ["DESTINATION": "collector.example", "USER_NAME": "10001"])
        let process = try testbed.start(
          ["unshare", "--mount", "sh", "-c", start, "sh"] + variables.map { "\($0)=\($1)" }, in: testbed.app)
        try eventually("no address: \(process.errorOutput)", within: 20) {
          process.errorOutput.contains("DESTINATION collector.example has no address")
        }
        try "nameserver 127.0.0.1\n".write(toFile: "\(etc)/new", atomically: true, encoding: .utf8)
        #expect(rename("\(etc)/new", "\(etc)/resolv.conf") == 0)
        try eventually("an address: \(process.errorOutput)", within: 30) {
          process.errorOutput.contains("capturing on")
        }
        process.signal(SIGTERM)
        #expect(try process.wait(seconds: 5) == .status(0), "\(process.errorOutput)")
      }
    }

    /// What cannot be had ends the start under `require`, and is said under `auto`. A filter of system calls around the
    /// program, as a container's, refuses both.
    @Test(arguments: [("require", Int32(78)), ("auto", 0), ("off", 0)]) func whereThereIsNone(
      _ mode: String, _ code: Int32
    ) throws {
      try withTestbed { testbed in
        let settings = environment(.ring, ["SANDBOX": mode, "DESTINATION": Testbed.Address.collector])
        let launcher = try Tool.script("without_sandbox.py")
        let process = try testbed.start(
          launcher + [try Tool.packetForwarder()], in: testbed.app, environment: settings)
        if code == 0 {
          try eventually("\(process.errorOutput)") { process.errorOutput.contains("sandbox: ") || !process.isRunning }
          process.signal(SIGTERM)
        }
        #expect(try process.wait(seconds: 10) == .status(code), "\(process.errorOutput)")
        let said = process.errorOutput
        switch mode {
        case "require":
          #expect(
            said
              == "packet-forwarder: SANDBOX=require cannot be had here: Landlock: Function not implemented; auto takes "
              + "what there is, off takes nothing\n")
        case "auto":
          #expect(said.contains("not to be had: Landlock (Landlock: Function not implemented)"), "\(said)")
        default:
          #expect(said.contains("sandbox: off"), "\(said)")
        }
      }
    }

    /// USER_NAME is for root: exit code 77.
    @Test func becomingAnotherUserTakesRoot() throws {
      try withTestbed { testbed in
        let copy = "\(testbed.directory)/packet-forwarder"
        try Tool.copy(try Tool.packetForwarder(), to: copy, in: testbed.directory)
        #expect(chmod(testbed.directory, 0o755) == 0 && chmod(copy, 0o755) == 0)
        let environment = environment(
          .ring, ["DESTINATION": Testbed.Address.collector, "USER_NAME": "10002", "PATH": "/usr/bin:/usr/sbin"])
        let command = ["setpriv", "--reuid", "10001", "--regid", "10001", "--clear-groups", copy]
        let process = try testbed.start(command, in: testbed.app, environment: environment)
        #expect(try process.wait(seconds: 5) == .status(77))
        #expect(
          process.errorOutput
            == "packet-forwarder: cannot become the user of USER_NAME: setgroups: Operation not permitted; "
            + "it takes a start as root, with CAP_SETUID and CAP_SETGID\n")
      }
    }
  }
}
