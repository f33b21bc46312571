import ArgumentParser
import Capture
import Forwarder
import Glibc
import Logging
import System
import Telemetry
import Transport

/// What `run` shows instead of mirroring, and when it has.
extension RunCommand {
  /// `-D`.
  static func listInterfaces() throws {
    do throws(SystemError) {
      show(try InterfaceTable.lines())
    } catch {
      throw ExitStatus.failure(ExitStatus.inputOutput, "the interfaces cannot be listed: \(error)")
    }
  }

  /// `-d`: the program of the filter, for the settings that were given; a destination need not be among them.
  static func showFilter(_ source: SettingSource) throws {
    let (settings, errors) = Settings.read(source)
    if let error = errors.first(where: { $0.value != nil }) { throw ExitStatus.failure(error) }
    // A forwarder takes those that are free at its start; the program is as long with any.
    let first = SourcePorts.dynamicRange.lowerBound
    let ports = first...first + UInt16(settings.sourcePorts - 1)
    let addresses = settings.destinations.compactMap(\.numericAddress)
    do throws(CaptureError) {
      let plan = settings.plan(collectors: addresses, sourcePorts: [ports])
      try plan.validateFilter()
      show(try FilterListing.lines(of: plan))
    } catch {
      throw ExitStatus.failure(
        error, filterName: source.name(of: \.filter), interfaceName: source.name(of: \.interfaces),
        excludeName: source.name(of: \.exclude))
    }
  }

  /// The summary: by itself where people read the log, and as a line of it where programs do.
  static func say(_ summary: RunSummary, _ format: LogFormat, _ log: LineOutput, _ logger: Logger) {
    switch format {
    case .text: for line in summary.lines { log.write(line) }
    case .json: logger.notice("\(summary.lines.joined(separator: "; "))")
    }
  }

  /// However slow the reader is.
  private static func show(_ lines: [String]) {
    LineOutput.writeNow(lines.joined(separator: "\n"), to: STDOUT_FILENO, within: -1)
  }
}
