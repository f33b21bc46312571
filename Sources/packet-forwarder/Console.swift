import ArgumentParser
import Forwarder
import Glibc
import Logging
import System

/// The program's two outputs: statistics on standard output, everything else on standard error. Nobody waits for them.
struct Console {
  /// Standard error.
  let log: LineOutput
  /// Standard output.
  let statistics: LineOutput

  /// Starts the threads that write. `say` puts a message into the log, in the log's form.
  init(say: @escaping @Sendable (String, LineOutput) -> Void = Self.sayPlainly) throws {
    do throws(SystemError) {
      let log = try LineOutput(STDERR_FILENO, name: "log") {
        say($0.description(of: "log", to: "standard error"), $1)
      }
      self.log = log
      statistics = try LineOutput(STDOUT_FILENO, name: "statistics") { loss, _ in
        say(loss.description(of: "statistics", to: "standard output"), log)
      }
    } catch {
      throw ExitStatus.failure(error)
    }
  }

  /// With the program's name in front and nothing else, as `receive` does.
  static let sayPlainly: @Sendable (String, LineOutput) -> Void = { $1.write("packet-forwarder: \($0)") }

  /// With time and level in front, as `run` does.
  static func sayAsWarning(_ format: LogFormat) -> @Sendable (String, LineOutput) -> Void {
    { logger(level: .warning, format: format, output: $1).warning("\($0)") }
  }

  /// A logger whose lines go to `output`.
  static func logger(level: Logger.Level, format: LogFormat = .text, output: LineOutput) -> Logger {
    var logger = Logger(label: "packet-forwarder") { LineLogHandler(label: $0, format: format, output: output) }
    logger.logLevel = level
    return logger
  }
}
