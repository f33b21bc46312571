import Foundation
import Glibc
import Testing

extension EndToEndBeside {
  /// `packet-forwarder demo`: the first thing that anybody runs.
  @Suite(.whereInstalled(["nft", "tmux"])) struct Demo {
    private func demo(_ testbed: Testbed, _ arguments: [String] = []) throws -> Subprocess {
      try testbed.start([try Tool.packetForwarder(), "demo"] + arguments, in: testbed.app)
    }

    /// For programs: a line for each frame on standard output, as many as asked for, and what it came to on the other.
    @Test func linesForPrograms() throws {
      try withTestbed { testbed in
        let demo = try demo(testbed, ["--count", "15"])
        #expect(try demo.wait(seconds: 20) == .status(0), "\(demo.errorOutput)")
        let lines = demo.output.split(separator: "\n")
        #expect(lines.filter { $0.contains(" vni 1 127.0.0.1:") }.count == 15 && lines.count == 15, "\(demo.output)")
        #expect(demo.errorOutput.contains("captured  on lo, every frame"), "\(demo.errorOutput)")
        try expectSummary(demo.errorOutput, atLeast: 15)
      }
    }

    /// All that was mirrored arrived, by the account of either side.
    private func expectSummary(_ text: String, atLeast count: Int) throws {
      let found = try #require(
        text.firstMatch(of: #/mirrored (\d+) frames, delivered (\d+), lost 0.*CPU \d+ us a frame/#), "\(text)")
      #expect(found.1 == found.2, "\(text)")
      #expect(Int(found.1) ?? 0 >= count, "\(text)")
      #expect(text.contains("packet-forwarder receive\n") && text.contains("packet-forwarder --destination COLLECTOR"))
    }

    /// For people: columns with colours, until ^C.
    @Test(arguments: [["TERM=xterm-256color"], ["TERM=xterm-256color", "NO_COLOR=1"], ["TERM=dumb"]])
    func columnsForPeople(_ variables: [String]) throws {
      try withTestbed { testbed in
        let terminal = try TmuxTerminal(columns: 80, rows: 60, in: testbed.app, directory: testbed.directory)
        let command = "env \(variables.joined(separator: " ")) \(try Tool.packetForwarder()) demo; echo code $?"
        try terminal.type(command, enter: true)
        try eventually("frames: \(terminal.shown)") {
          try terminal.screen().contains("TCP FIN,ACK") && terminal.screen().contains("UDP ")
        }
        try terminal.strike("C-c")
        try eventually("the end: \(terminal.shown)") { try terminal.screen().contains("code 0") }
        let lines = try terminal.screen().split(separator: "\n")
        let heading = try #require(lines.first { $0.hasPrefix("seconds  vni  from") }, "\(terminal.shown)")
        let column = try #require(heading.ranges(of: "checksum").first).lowerBound.utf16Offset(in: heading)
        let frames = lines.filter { $0.contains(" >  127.0.0.1:") }
        #expect(frames.count > 10, "\(terminal.shown)")
        for frame in frames { #expect(frame.dropFirst(column).hasPrefix("good"), "\(frame)") }
        try expectSummary(terminal.shown, atLeast: frames.count)
        let isColoured = try terminal.screen(withColours: true).contains("\u{1B}[32mgood")
        #expect(isColoured == (variables == ["TERM=xterm-256color"]))
        // The log's lines would stand between the frames.
        #expect(!terminal.shown.contains("[Forwarder]"), "\(terminal.shown)")
      }
    }

    @Test(arguments: [SIGINT, SIGTERM]) func isInterrupted(_ signal: Int32) throws {
      try withTestbed { testbed in
        let demo = try demo(testbed)
        try eventually("mirrored packets; \(demo.errorOutput)") {
          demo.output.split(separator: "\n").count > 5 || !demo.isRunning
        }
        demo.signal(signal)
        #expect(try demo.wait(seconds: 2) == .status(0), "\(demo.errorOutput)")
        try expectSummary(demo.errorOutput, atLeast: 6)
      }
    }

    /// Why it cannot work: a command that sees to that, the exit code, and the words.
    enum Obstacle: String, CaseIterable, Sendable {
      case loopbackIsDown = "ip link set lo down"
      case noAddress = "ip address flush dev lo"
      case noPort = "sysctl -qw net.ipv4.ip_local_port_range='40000 40000'; exec 3<>/dev/udp/127.0.0.1/9"
      case noPermission = "wrapper='setpriv --bounding-set -net_raw --inh-caps -net_raw'"
      case firewall = """
        nft 'add table inet t; add chain inet t out { type filter hook output priority 0; }; \
        add rule inet t out udp sport 49152-65535 drop'
        """

      var code: Int32 {
        switch self {
        case .loopbackIsDown, .noAddress: 78
        case .noPort, .firewall: 74
        case .noPermission: 77
        }
      }

      var words: String {
        switch self {
        case .loopbackIsDown: "the loopback interface lo is down"
        case .noAddress: "lo has no address 127.0.0.1"
        case .noPort: "there is no UDP port on 127.0.0.1 to be had"
        case .noPermission: "CAP_NET_RAW is missing"
        case .firewall: "none arrived on 127.0.0.1 (EPERM)"
        }
      }
    }

    /// It says so in the last line and ends by itself, within two seconds on a machine that has nothing else to do.
    @Test(arguments: Obstacle.allCases) func saysWhyItCannotWork(_ obstacle: Obstacle) throws {
      try withTestbed { testbed in
        let script = "\(obstacle.rawValue); exec $wrapper \(try Tool.packetForwarder()) demo"
        let demo = try testbed.start(["bash", "-c", script], in: testbed.app)
        #expect(try demo.wait(seconds: 10) == .status(obstacle.code), "\(demo.errorOutput)")
        let last = demo.errorOutput.split(separator: "\n").last ?? ""
        #expect(last.hasPrefix("packet-forwarder: ") && last.contains(obstacle.words), "\(demo.errorOutput)")
        #expect(demo.output.isEmpty, "\(demo.output)")
      }
    }

    /// A reader that goes away ends it; nothing is wrong then.
    @Test func theReaderMayGo() throws {
      try withTestbed { testbed in
        let script = "set -o pipefail; \(try Tool.packetForwarder()) demo | head -n 2"
        let demo = try testbed.start(["bash", "-c", script], in: testbed.app)
        #expect(try demo.wait(seconds: 20) == .status(0), "\(demo.errorOutput)")
        #expect(demo.output.split(separator: "\n").count == 2)
      }
    }
  }
}
