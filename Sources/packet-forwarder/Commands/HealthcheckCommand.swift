import ArgumentParser
import Glibc
import System
import Telemetry

/// `healthcheck`: asks the forwarder that runs here whether it does its work.
struct HealthcheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "healthcheck",
    abstract: "Ask the running forwarder whether it does its work: one line, exit code 0 if so, else 1.",
    discussion: """
      For the health checks of ECS, Docker and Kubernetes, in exec form. It asks every forwarder of its own container \
      (root folder) and network namespace; --pid asks one, also of another container.
      """)

  @Option(parsing: .unconditional, help: ArgumentHelp("Ask the forwarder with this process ID.", valueName: "number"))
  var pid: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How long to wait for the answer, 10 to 60000.", valueName: "milliseconds"))
  var timeout = "900"

  func run() throws {
    let limit = try OptionValue.number(timeout, "--timeout", 10...60_000)
    let names = try ForwarderChoice(pid: pid).ofThisContainer()
    guard !names.isEmpty else { throw Self.verdict(false, ForwarderChoice.nobody) }
    var lines: [(isHealthy: Bool, text: String)] = []
    for name in names {
      let (isHealthy, text) = ask(name, Int64(limit))
      lines.append((isHealthy, names.count == 1 ? text : "pid \(name.processID): \(text)"))
    }
    // Of several the first that is not well speaks for all.
    let line = lines.first { !$0.isHealthy } ?? lines[0]
    throw Self.verdict(line.isHealthy, line.text)
  }

  private func ask(_ name: StatusName, _ milliseconds: Int64) -> (Bool, String) {
    do throws(StatusClient.Failure) {
      let answer = StatusAnswer.shown(try StatusClient.ask(.health, of: name, within: milliseconds).dropLast())
      return (answer.hasPrefix("0 "), String(answer.dropFirst(2)))
    } catch {
      return (false, "unhealthy: \(error)")
    }
  }

  /// One line on standard output, which is what Docker and Kubernetes keep, and the exit code.
  private static func verdict(_ isHealthy: Bool, _ line: String) -> ExitCode {
    LineOutput.writeNow(line, to: STDOUT_FILENO, within: 200)
    return ExitCode(isHealthy ? 0 : 1)
  }
}
