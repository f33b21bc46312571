import Glibc
import Receiver
import System
import Telemetry

/// Where the demo shows what. On a terminal all is on standard output, in columns; elsewhere standard output has nothing
/// but a line for each frame, for programs, and what is said to people goes to standard error.
struct DemoView {
  /// Whether standard output is one.
  let isTerminal: Bool
  /// Not with NO_COLOR, nor on a terminal that has none.
  let hasColours: Bool

  /// For these variables.
  init(_ environment: [String: String]) {
    isTerminal = isatty(STDOUT_FILENO) == 1
    let isDrawn = Terminal.canDraw(STDOUT_FILENO, STDOUT_FILENO, kind: environment["TERM"])
    hasColours = WatchScreen.Style(environment: environment, isDrawn: isDrawn).hasColours
  }

  /// Says something to people. One who does not read is not waited for.
  func show(_ text: String) {
    LineOutput.writeNow(text, to: isTerminal ? STDOUT_FILENO : STDERR_FILENO, within: 200)
  }

  /// What prints the frames: `limit` of them, or all. `onEnd` is called when no more will be printed.
  func output(limit: UInt64?, onEnd: @escaping @Sendable () -> Void) -> ReceiveOutput {
    let name = "standard output"
    guard isTerminal else {
      let printer = LimitedSink(SummaryPrinter(descriptor: STDOUT_FILENO), limit: limit, onLast: onEnd)
      return ReceiveOutput(name, printer)
    }
    show(ColumnPrinter.heading(hasColours: hasColours))
    let start = UInt64(clamping: WallClock.nanosecondsSince1970)
    let printer = ColumnPrinter(descriptor: STDOUT_FILENO, start: start, hasColours: hasColours)
    return ReceiveOutput(name, LimitedSink(printer, limit: limit, onLast: onEnd))
  }
}
