import ArgumentParser
import Capture
import Forwarder
import Logging
import System

/// `run`: mirrors until SIGTERM or SIGINT.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Mirror traffic until SIGTERM or SIGINT. SIGHUP looks the collectors up again.")

  @OptionGroup var options: SettingOptions

  func run() throws {
    let settings = try options.settings()
    let logger = Log.make(level: settings.logLevel)
    let signals = SignalSet.blocked()
    let service = try ForwarderService.make(settings, logger: logger, output: StandardStream.output)
    try options.start(service)
    signals.wait(onHangup: service.reload)
    Deadline.exit(after: 1_900, code: 0)
    service.stop()
  }
}

extension SettingOptions {
  /// The settings, or the end of the program with one line.
  func settings() throws -> Settings {
    do throws(SettingsError) {
      return try Settings(source)
    } catch {
      throw ExitStatus.failure(ExitStatus.configuration, error.description)
    }
  }

  /// Starts the service, or ends the program with one line.
  func start(_ service: ForwarderService) throws {
    do throws(CaptureError) {
      try service.start()
    } catch {
      throw ExitStatus.failure(
        error, filterName: filter == nil ? "BPF_FILTER" : "--filter",
        interfaceName: interface == nil ? "INTERFACE" : "--interface")
    }
  }
}

extension ForwarderService {
  /// A forwarder whose statistics go to `output`, or the end of the program with one line.
  static func make(_ settings: Settings, logger: Logger, output: StandardStream) throws -> ForwarderService {
    do throws(SystemError) {
      return try ForwarderService(settings, logger: logger) { output.write("\($0)\n") }
    } catch {
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot start: \(error)")
    }
  }
}

/// The program's log: standard error, so that standard output has nothing but statistics.
enum Log {
  static func make(level: Logger.Level) -> Logger {
    var logger = Logger(label: "packet-forwarder") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = level
    return logger
  }
}
