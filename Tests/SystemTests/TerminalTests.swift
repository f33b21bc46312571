import CTestSupport
import Glibc
import Testing

@testable import System

/// A pseudo-terminal: what the program is given, and what a person would see.
private final class Screen {
  let terminal: CInt
  private let master: CInt

  init() throws {
    var terminal: CInt = -1
    master = CTestSupport_open_terminal(&terminal)
    self.terminal = terminal
    try #require(master >= 0)
  }

  deinit {
    close(terminal)
    close(master)
  }

  func resize(columns: UInt16, rows: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    #expect(ioctl(master, UInt(TIOCSWINSZ), &size) == 0)
  }

  func type(_ text: String) { #expect(write(master, text, text.utf8.count) == text.utf8.count) }

  /// What was drawn since the last call, without the returns that the kernel adds to some of the others.
  func drawn() -> String {
    var text = ""
    var bytes = [UInt8](repeating: 0, count: 4_096)
    while case let count = read(master, &bytes, bytes.count), count > 0 {
      text += String(decoding: bytes.prefix(count).filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    }
    return text
  }

  /// The flags of termios that are about echo and lines.
  var flags: tcflag_t {
    var found = termios()
    #expect(tcgetattr(terminal, &found) == 0)
    return found.c_lflag & tcflag_t(ECHO | ICANON | ISIG)
  }
}

@Suite struct TerminalTests {
  /// Alone on the screen, without echo, and afterwards everything is as it was.
  @Test func itIsTakenAndGivenBack() throws {
    let screen = try Screen()
    let before = screen.flags
    do {
      let terminal = try Terminal(input: screen.terminal, output: screen.terminal)
      #expect(screen.flags == tcflag_t(ISIG))
      #expect(screen.drawn() == "\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J")
      terminal.show(["one", "two"])
      #expect(screen.drawn() == "\u{1B}[Hone\u{1B}[0m\u{1B}[K\ntwo\u{1B}[0m\u{1B}[K\u{1B}[J")
      terminal.release()
      #expect(screen.flags == before)
      terminal.take()
      #expect(screen.flags == tcflag_t(ISIG))
      _ = screen.drawn()
    }
    #expect(screen.flags == before)
    #expect(screen.drawn() == "\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l")
  }

  @Test func sizesAndKeysComeFromIt() throws {
    let screen = try Screen()
    let terminal = try Terminal(input: screen.terminal, output: screen.terminal)
    #expect(terminal.size == .usual)
    screen.resize(columns: 132, rows: 43)
    #expect(terminal.size == Terminal.Size(columns: 132, rows: 43))
    #expect(terminal.keys() == [])
    screen.type("q")
    #expect(Polling.isReady(.readable(screen.terminal), within: 10_000))
    #expect(terminal.keys() == Array("q".utf8))
  }

  @Test func whatIsNoTerminalIsNotDrawnOn() throws {
    let screen = try Screen()
    #expect(Terminal.canDraw(screen.terminal, screen.terminal, kind: "xterm"))
    for kind in [nil, "", "dumb"] { #expect(!Terminal.canDraw(screen.terminal, screen.terminal, kind: kind)) }
    var ends: [CInt] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    #expect(!Terminal.canDraw(ends[0], screen.terminal, kind: "xterm"))
    #expect(Terminal.size(of: ends[1]) == nil)
    #expect(throws: SystemError.self) { _ = try Terminal(input: ends[0], output: ends[1]) }
  }
}
