import ArgumentParser
import Glibc
import System
import Telemetry

/// `status --watch`: asks once a second and draws. A terminal that cannot be drawn on gets one screen after the other.
struct StatusWatch {
  let name: StatusName
  let flows: Bool

  /// Milliseconds between questions.
  private static let period: Int64 = 1_000
  /// ^Z: the terminal is to be as it was while others have it.
  private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP]

  /// Goes on until q, ^C or another end; an end of the forwarder is one with a line.
  func run() throws {
    let signals: SignalDescriptor
    do throws(SystemError) {
      signals = try SignalDescriptor(Self.signals)
    } catch {
      throw ExitStatus.failure(error)
    }
    let variables = ProcessEnvironment.variables
    let isDrawn = Terminal.canDraw(STDIN_FILENO, STDOUT_FILENO, kind: variables["TERM"])
    let style = WatchScreen.Style(environment: variables, isDrawn: isDrawn)
    let failure = isDrawn ? draw(WatchScreen(style: style), signals) : print(WatchScreen(style: style), signals)
    if let failure { throw ExitStatus.failure(ExitStatus.negative, "forwarder \(name.processID): \(failure)") }
  }

  /// - Returns: why it could not go on; nil where it was ended.
  private func draw(_ first: WatchScreen, _ signals: SignalDescriptor) -> String? {
    var screen = first
    do throws(SystemError) {
      let terminal = try Terminal(input: STDIN_FILENO, output: STDOUT_FILENO)
      while true {
        let next = MonotonicClock.milliseconds + Self.period
        if let failure = ask(&screen) { return failure }
        terminal.show(screen.lines(terminal.size))
        while MonotonicClock.milliseconds < next {
          var entries: [pollfd] = [.readable(signals.descriptor), .readable(STDIN_FILENO)]
          Polling.wait(&entries, milliseconds: TimeLimit(by: next).left)
          // A terminal that is gone has nothing to say any more.
          guard let keys = terminal.keys(), !keys.contains(where: Self.isEnd) else { return nil }
          while let signal = signals.next() {
            switch signal {
            case SIGWINCH: break
            case SIGTSTP:
              terminal.release()
              kill(getpid(), SIGSTOP)
              terminal.take()
            default: return nil
            }
            terminal.show(screen.lines(terminal.size))
          }
        }
      }
    } catch {
      return error.description
    }
  }

  /// Plain screens, an empty line between them.
  private func print(_ first: WatchScreen, _ signals: SignalDescriptor) -> String? {
    var screen = first
    while true {
      if let failure = ask(&screen) { return failure }
      let lines = screen.lines(Terminal.Size(columns: 200, rows: 1_000))
      LineOutput.writeNow(lines.joined(separator: "\n") + "\n", to: STDOUT_FILENO, within: CInt(Self.period))
      let next = MonotonicClock.milliseconds + Self.period
      while MonotonicClock.milliseconds < next {
        // Whoever reads may have gone away.
        var entries: [pollfd] = [.readable(signals.descriptor), .closed(STDOUT_FILENO)]
        Polling.wait(&entries, milliseconds: TimeLimit(by: next).left)
        if entries[1].revents != 0 { return nil }
        while let signal = signals.next() { if signal != SIGWINCH, signal != SIGTSTP { return nil } }
      }
    }
  }

  private func ask(_ screen: inout WatchScreen) -> String? {
    do throws(StatusClient.Failure) {
      let answer = try StatusClient.ask(.screen(flows: flows), of: name, within: Self.period)
      return screen.take(answer) ? nil : "it is of another version"
    } catch {
      return error.description
    }
  }

  /// q, and what ends input.
  private static func isEnd(_ key: UInt8) -> Bool { [UInt8(ascii: "q"), UInt8(ascii: "Q"), 4].contains(key) }
}
