import ArgumentParser
import Capture
import Forwarder
import Glibc
import Logging
import Receiver
import System
import Transport

/// `demo`: forwarder and collector in one process over loopback, with a little traffic to mirror.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Mirror loopback traffic to a collector in the same process, and show what arrives.",
    discussion: """
      Opens a collector on 127.0.0.1, mirrors the loopback interface to it, makes a small HTTP request and a UDP query twice \
      a second, and prints a line for each frame that arrives. At the end it says how many were mirrored, delivered and \
      lost. Needs CAP_NET_RAW. On a terminal the lines are in columns; elsewhere they are those of receive.
      """)

  @Option(parsing: .unconditional, help: "End after this many frames.")
  var count: String?

  @Option(parsing: .unconditional, help: ArgumentHelp(Setting.of(\.filter).help))
  var filter = ""

  @Option(
    parsing: .unconditional, help: ArgumentHelp(Setting.of(\.capture).help),
    completion: Setting.of(\.capture).completion)
  var capture = CaptureChoice.auto.rawValue

  func run() throws {
    let choice = try OptionValue.choice(capture, "--capture", CaptureChoice.self)
    let limit = try count.map { try OptionValue.number($0, "--count", 1...UInt64(Int64.max)) }
    let signals = try Signals()
    let view = DemoView(ProcessEnvironment.variables)
    let console = try Console(say: Console.sayAsWarning(.text))
    try DemoGround.check()
    let receiver = try DemoGround.receiver()
    // What the log has for everybody's eyes is in the heading.
    let logger = Console.logger(level: view.isTerminal ? .warning : .info, output: console.log)
    let service = try ForwarderService.make(settings(choice, port: receiver.port), logger: logger, console, output: nil)
    do throws(CaptureError) {
      try service.start()
    } catch {
      _ = console.log.flush(by: MonotonicClock.milliseconds + 200)
      throw ExitStatus.failure(error, filterName: "--filter", interfaceName: "interface")
    }
    try DemoGround.check(service.snapshot, log: console.log)
    _ = console.log.flush(by: MonotonicClock.milliseconds + 200)
    view.show(DemoWords.heading(service.snapshot, port: receiver.port))
    let session = try DemoSession(service, receiver, view: view, count: limit)
    let trouble = session.run(signals, hasFilter: !filter.isEmpty) { logger.notice("\($0)") }
    let deadline = MonotonicClock.milliseconds + Deadline.forEnding
    Deadline.set()
    let (summary, doubt) = session.end(by: deadline - 600)
    if let doubt { logger.error("\(doubt)") }
    _ = console.log.flush(by: deadline - 200)
    if let trouble { throw ExitStatus.failure(ExitStatus.inputOutput, trouble) }
    view.show(DemoWords.summary(summary, hasColours: view.hasColours))
    if doubt != nil { throw ExitCode(ExitStatus.temporaryFailure) }
  }

  /// What is mirrored where.
  private func settings(_ capture: CaptureChoice, port: UInt16) -> Settings {
    var settings = Settings(destinations: [Destination(host: "127.0.0.1", port: port)])
    settings.interfaces = .named(["lo"])
    settings.filter = filter
    settings.capture = capture
    settings.statDuration = 0
    return settings
  }
}
