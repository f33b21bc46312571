import Foundation
import Glibc
import Testing

extension EndToEndBeside {
  /// `status --watch` in a real terminal.
  @Suite(.whereInstalled(["tmux"])) struct Watch {
    private func withWatch(_ body: (FaultBench, TmuxTerminal) throws -> Void) throws {
      try withTestbed { testbed in
        let bench = try FaultBench(testbed, .ring, [:])
        bench.traffic = try testbed.startScript(
          "udp_sender.py", [Testbed.Address.app, "7000", "0", "200", "2000"], in: testbed.peer)
        let terminal = try TmuxTerminal(columns: 110, rows: 40, in: testbed.app, directory: testbed.directory)
        try terminal.type("stty -g >before; echo here before", enter: true)
        try terminal.type("\(try Tool.packetForwarder()) status --watch", enter: true)
        try eventually("rates: \(terminal.shown)") {
          try terminal.screen().contains(#/captured +[12]\d\d\d packets/s .*[▁▂▃▄▅▆▇█]{3}/#)
        }
        try body(bench, terminal)
        bench.traffic?.terminate()
        try bench.forwarder.stop()
      }
    }

    /// The terminal is what it was: its screen, its echo, its cursor.
    private func expectRestored(_ terminal: TmuxTerminal) throws {
      try eventually("the shell: \(terminal.shown)") {
        let screen = try terminal.screen()
        return screen.contains("here before") && !screen.contains("captured packets")
      }
      try terminal.type("stty -g | cmp before - && echo all the $((40 + 2)) same", enter: true)
      try eventually("the terminal as before: \(terminal.shown)") {
        try terminal.screen().contains("all the 42 same")
      }
    }

    @Test(arguments: ["q", "C-c", "C-d"]) func endsAndLeavesTheTerminalAsItWas(_ key: String) throws {
      try withWatch { bench, terminal in
        try terminal.strike(key)
        try expectRestored(terminal)
      }
    }

    /// Drops are red while they happen.
    @Test func showsWhatIsLost() throws {
      try withWatch { bench, terminal in
        #expect(try !terminal.screen(withColours: true).contains("\u{1B}[31m"))
        try bench.testbed.app.nft(
          "table inet f { chain out { type filter hook output priority 0; udp dport 4789 drop; }; }")
        try eventually("red drops: \(terminal.shown)") {
          try terminal.screen(withColours: true).contains(#/\u{1B}\[31mdropped +\d+ packets/s/#)
        }
        try eventually("the reason: \(terminal.shown)") { try terminal.screen().contains("(EPERM ") }
        try terminal.strike("q")
        try expectRestored(terminal)
      }
    }

    @Test func followsTheSizeOfTheTerminal() throws {
      try withWatch { bench, terminal in
        for (columns, rows) in [(60, 20), (30, 8), (140, 50)] {
          try terminal.resize(columns: columns, rows: rows)
          try eventually("\(columns) columns: \(terminal.shown)", within: 3) {
            let lines = try terminal.screen().split(separator: "\n")
            guard let first = lines.first, lines.count > 4 else { return false }
            // Folded to the width, and redrawn from the top.
            return first.hasPrefix("packet-forwarder ") && first.count <= columns && lines.count <= rows
              && (columns < 100) == !first.hasSuffix("Z") && lines.contains { $0.contains("healthy") }
          }
        }
        try terminal.strike("q")
        try expectRestored(terminal)
      }
    }

    /// ^Z gives the terminal back for a while, `fg` takes it again; the end of the forwarder is said.
    @Test func stopsAndGoesOn() throws {
      try withWatch { bench, terminal in
        try terminal.strike("C-z")
        try expectRestored(terminal)
        try terminal.type("fg", enter: true)
        try eventually("the watch: \(terminal.shown)") { try terminal.screen().contains("captured packets") }
        bench.traffic?.terminate()
        bench.forwarder.process.signal(SIGTERM)
        try eventually("the end: \(terminal.shown)") {
          try terminal.screen().contains(": the forwarder has ended")
        }
        try expectRestored(terminal)
      }
    }
  }
}
