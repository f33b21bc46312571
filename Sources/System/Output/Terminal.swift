import CLinux
import Glibc

/// A terminal that is drawn on as a whole: keys come at once and are not shown, the screen is one of its own, the cursor
/// hidden. However this value ends, the terminal is as it was before.
package struct Terminal: ~Copyable {
  /// Columns and rows.
  package struct Size: Equatable, Sendable {
    package var columns: Int
    package var rows: Int

    /// What terminals have had since the VT100, for one that does not say.
    package static let usual = Size(columns: 80, rows: 24)

    /// A size of at least one column and row.
    package init(columns: Int, rows: Int) {
      self.columns = max(1, columns)
      self.rows = max(1, rows)
    }
  }

  private let input: CInt
  private let output: CInt
  private let before: termios

  /// Whether both are a terminal, which is of a kind that can be drawn on.
  package static func canDraw(_ input: CInt, _ output: CInt, kind: String?) -> Bool {
    isatty(input) == 1 && isatty(output) == 1 && kind != nil && kind != "" && kind != "dumb"
  }

  /// Takes over the terminal that `input` and `output` are.
  ///
  /// - Throws: `SystemError` where `input` is no terminal.
  package init(input: CInt, output: CInt) throws(SystemError) {
    var found = termios()
    try Syscall.perform("tcgetattr") { unsafe tcgetattr(input, &found) }
    before = found
    self.input = input
    self.output = output
    take()
  }

  deinit { release() }

  /// Makes the terminal what it was before, for a program that stops for a while.
  package borrowing func release() {
    // Colours off, cursor shown, the screen of before.
    write("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l")
    var before = before
    _ = unsafe tcsetattr(input, TCSAFLUSH, &before)
  }

  /// Takes it again.
  package borrowing func take() {
    var raw = before
    // Signals go on being made of ^C and ^Z.
    raw.c_lflag &= ~tcflag_t(ECHO | ICANON)
    _ = unsafe tcsetattr(input, TCSAFLUSH, &raw)
    write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J")
  }

  /// Its size now.
  package var size: Size { Self.size(of: output) ?? .usual }

  /// The size of the terminal that `output` is; nil if it is none, or does not say.
  package static func size(of output: CInt) -> Size? {
    var window = winsize()
    guard unsafe CLinux_ioctl(output, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
      return nil
    }
    return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
  }

  /// Shows these lines from the first row on, and nothing else. They must fit, and hold no control characters but those
  /// that set colours.
  package borrowing func show(_ lines: [String]) {
    // Each line clears what was behind it, so that nothing flickers.
    write("\u{1B}[H" + lines.map { "\($0)\u{1B}[0m\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
  }

  /// Keys that were struck since the last call; nil where the terminal is gone.
  package borrowing func keys() -> [UInt8]? {
    guard Polling.isReady(.readable(input), within: 0) else { return [] }
    var bytes = [UInt8](repeating: 0, count: 64)
    guard let count = try? Syscall.perform("read", { unsafe read(input, &bytes, bytes.count) }), count > 0 else {
      return nil
    }
    return Array(bytes[..<count])
  }

  private borrowing func write(_ text: String) {
    let bytes = Array(text.utf8)
    // A terminal that takes nothing is gone, and keys say so.
    _ = unsafe WholeWrite.write(bytes.span.bytes, to: output)
  }
}
