import ArgumentParser
import Capture
import Forwarder
import Logging
import System
import Telemetry

/// `run`: mirrors until SIGTERM or SIGINT.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Mirror traffic until SIGTERM or SIGINT. SIGHUP looks the collectors up again.")

  @OptionGroup var options: MirrorOptions

  @OptionGroup var views: RunViews

  func run() throws {
    if views.listInterfaces { return try Self.listInterfaces() }
    let source = try options.source()
    if views.showFilter { return try Self.showFilter(source) }
    let settings = try Settings.make(source)
    let signals = try Signals()
    // Rights are a thread's own, so before there is a second one.
    let task = TaskChoice.current
    let confinement = try settings.confine(source, asking: task.endpoint)
    let listener = try settings.metrics.map { try ExitStatus.listen(on: $0, named: source.name(of: \.metrics)) }
    let console = try Console(say: Console.sayAsWarning(settings.logFormat))
    let logger = Console.logger(level: settings.logLevel, format: settings.logFormat, output: console.log)
    for misspelling in source.misspellings { logger.warning("\(misspelling)") }
    if let trouble = task.trouble { logger.warning("\(trouble)") }
    let service = try ForwarderService.make(
      settings, logger: logger, manager: ServiceManager(ProcessEnvironment.variables), console,
      task: task.endpoint.map(TaskMetadataWatch.init), placement: PlacementFinder(task.endpoint),
      output: console.statistics)
    try service.start(source, endingWith: signals.descriptor, log: console.log)
    if let listener { try service.show(on: listener) }
    logger.log(level: confinement.missing.isEmpty ? .info : .notice, "\(confinement)")
    if confinement.hasNoBacktrace { logger.warning("a crash will have no backtrace: SANDBOX=off lets it be made") }
    _ = signals.wait(done: service.completion.descriptor, onHangup: service.reload)
    let deadline = MonotonicClock.milliseconds + Deadline.forEnding
    Deadline.set()
    // The workers get most of the time; the last statistics and the log the rest.
    var doubt = service.stop(by: deadline - 300)
    if let summary = service.summary { Self.say(summary, settings.logFormat, console.log, logger) }
    if !console.statistics.flush(by: deadline - 100) {
      doubt = doubt ?? "the last statistics were not written: standard output was not read"
    }
    _ = console.log.flush(by: min(deadline, MonotonicClock.milliseconds + 300))
    // Written by this thread: one of its own may not get a turn any more.
    if let doubt { throw ExitStatus.failure(ExitStatus.temporaryFailure, doubt) }
  }
}

extension Settings {
  /// Confines the program, or ends it with one line.
  fileprivate func confine(_ source: SettingSource, asking task: TaskEndpoint?) throws -> Confinement {
    do throws(Confinement.Failure) {
      return try confine(asking: task)
    } catch {
      throw ExitStatus.failure(error, userName: source.name(of: \.user))
    }
  }

  /// The settings, or the end of the program with one line.
  fileprivate static func make(_ source: SettingSource) throws -> Settings {
    do throws(SettingsError) {
      return try Settings(source)
    } catch {
      throw ExitStatus.failure(ExitStatus.configuration, error.description)
    }
  }
}

extension ForwarderService {
  /// A forwarder whose statistics go to `output`, one of the console's, or to nobody, or the end of the program with one line.
  static func make(
    _ settings: Settings, logger: Logger, manager: ServiceManager? = nil, _ console: Console,
    task: TaskMetadataWatch? = nil, placement: PlacementFinder = PlacementFinder(nil), output: LineOutput?
  ) throws -> ForwarderService {
    let (log, statistics) = (console.log, console.statistics)
    do throws(SystemError) {
      return try ForwarderService(
        settings, logger: logger, manager: manager,
        lostLines: { ForwarderStatus.LostLines(log: log.lostTotal, statistics: statistics.lostTotal) },
        task: task, placement: placement, output: { output?.write($0) })
    } catch {
      throw ExitStatus.failure(error)
    }
  }

  /// Shows figures and health from now on, or ends the program with one line.
  fileprivate func show(on listener: OwnedDescriptor) throws {
    do throws(SystemError) { try serveMetrics(on: listener) } catch { throw ExitStatus.failure(error) }
  }

  /// Starts the service, or ends the program with one line behind those of the log. A start waits for nothing any more
  /// once `end` is readable.
  fileprivate func start(_ source: SettingSource, endingWith end: CInt, log: LineOutput) throws {
    do throws(CaptureError) {
      try start(endingWith: end)
    } catch {
      _ = log.flush(by: MonotonicClock.milliseconds + 200)
      throw ExitStatus.failure(
        error, filterName: source.name(of: \.filter), interfaceName: source.name(of: \.interfaces),
        excludeName: source.name(of: \.exclude))
    }
  }
}
