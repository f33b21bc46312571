import ArgumentParser
import Capture
import Receiver
import Forwarder
import Glibc
import Logging
import System
import Transport

/// `demo`: forwarder and collector in one process over loopback, with a little traffic to mirror.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Mirror loopback traffic to a collector in the same process, and show what arrives.",
    discussion: """
      Opens a collector on 127.0.0.1, mirrors the loopback interface to it, makes a small HTTP request and a UDP query twice \
      a second, and prints a line for each frame that arrives. Needs CAP_NET_RAW.
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
    let console = try Console(say: Console.sayAsWarning(.text))
    let receiver = try openReceiver(limit)

    var settings = Settings(destinations: [Destination(host: "127.0.0.1", port: receiver.port)])
    settings.interfaces = .named(["lo"])
    settings.filter = filter
    settings.capture = choice
    settings.statDuration = 0
    // Standard output is for the frames.
    let logger = Console.logger(level: .info, output: console.log)
    let service = try ForwarderService.make(settings, logger: logger, console, output: console.log)
    do throws(CaptureError) {
      try service.start()
    } catch {
      _ = console.log.flush(by: MonotonicClock.milliseconds + 200)
      throw ExitStatus.failure(error, filterName: "--filter", interfaceName: "interface")
    }
    let traffic = try SampleTraffic()
    try traffic.start()
    _ = signals.wait(done: receiver.ended.descriptor, onHangup: service.reload)
    let deadline = MonotonicClock.milliseconds + Deadline.forEnding
    Deadline.set()
    traffic.stop()
    let doubt = service.stop(by: deadline - 600)
    receiver.stop()
    // Whoever does not read the frames need not be waited for.
    _ = receiver.join(milliseconds: 400)
    if let doubt { logger.error("\(doubt)") }
    _ = console.log.flush(by: deadline)
    if doubt != nil { throw ExitCode(ExitStatus.temporaryFailure) }
  }

  /// A collector on loopback that prints what arrives.
  private func openReceiver(_ limit: UInt64?) throws -> MirrorReceiver {
    do throws(ReceiverError) {
      let receiver = try MirrorReceiver(listen: ListenAddress(host: "127.0.0.1", port: 0))
      let printer = ReceiveOutput("standard output", SummaryPrinter(descriptor: STDOUT_FILENO))
      try receiver.start(ReceivePlan(limit: limit), into: [printer])
      return receiver
    } catch {
      throw ExitStatus.failure(ExitStatus.inputOutput, "cannot open the collector: \(error)")
    }
  }
}
