import ArgumentParser
import Glibc
import System
import Telemetry

/// `status`: shows the state of the forwarder that runs here.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the state of the running forwarder: what it captures, where it goes, what is lost.",
    discussion: "It answers its own user and root, over an abstract Unix socket of its network namespace.")

  @Option(parsing: .unconditional, help: ArgumentHelp("The forwarder with this process ID.", valueName: "number"))
  var pid: String?

  @Option(parsing: .unconditional, help: "text or json.", completion: .list(TextFormat.allCases.map(\.rawValue)))
  var format = TextFormat.text.rawValue

  @Flag(help: "Also the flows that carry most; takes a second of sampling.")
  var flows = false

  @Flag(help: "Go on, with rates and their history; q or ^C ends it.")
  var watch = false

  /// Milliseconds that the forwarder has for an answer.
  private static let patience: Int64 = 2_000
  /// Of the samples that flows are found by, with some to spare.
  private static let samplingMicroseconds: UInt32 = 1_300_000

  func run() throws {
    let format = try OptionValue.choice(format, "--format", TextFormat.self)
    if watch, format == .json {
      throw OptionValue.conflict(
        "--format=json", "--watch", "STAT_FORMAT=json has the forwarder print JSON again and again")
    }
    let name = try ForwarderChoice(pid: pid).only()
    if watch { return try StatusWatch(name: name, flows: flows).run() }
    let request: StatusRequest = format == .json ? .document(flows: flows) : .screen(flows: flows)
    if flows {
      _ = try Self.ask(request, name)
      usleep(Self.samplingMicroseconds)
    }
    let answer = try Self.ask(request, name)
    guard format == .text else { return Self.show(StatusAnswer.shown(answer.dropLast())) }
    guard let lines = StatusAnswer.parsed(answer)?.lines else {
      throw ExitStatus.failure(ExitStatus.negative, "the forwarder is of another version")
    }
    // A line is one where a program reads it, and is folded where people do.
    let width = Terminal.size(of: STDOUT_FILENO)?.columns ?? .max
    Self.show(lines.flatMap { $0.wrapped(to: width) }.map(\.text).joined(separator: "\n"))
  }

  /// The answer, or the end of the program with one line.
  static func ask(_ request: StatusRequest, _ name: StatusName) throws -> String {
    do throws(StatusClient.Failure) {
      return try StatusClient.ask(request, of: name, within: patience)
    } catch {
      throw ExitStatus.failure(ExitStatus.negative, "forwarder \(name.processID): \(error)")
    }
  }

  /// However slow the reader is.
  private static func show(_ text: String) { LineOutput.writeNow(text, to: STDOUT_FILENO, within: -1) }
}
