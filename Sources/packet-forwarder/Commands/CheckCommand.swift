import ArgumentParser
import Check
import Forwarder
import Glibc
import System
import Telemetry

/// `check`: what would keep the forwarder from working here, without mirroring anything.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say what would keep `run` from working here, and what to do about it.",
    discussion: """
      Takes the settings of `run`, captures and mirrors nothing, sends a few probes to the collectors, and takes five \
      seconds at most (seven with {zone} or {region}). Exits with 0 only if all is fine, else with the code of the first cause.
      """)

  @OptionGroup var options: MirrorOptions

  // A text, so that a bad one ends with our line and exit code 78, not as a usage error.
  @Option(
    parsing: .unconditional, help: "Findings as text or json.",
    completion: .list(CheckReport.Format.allCases.map(\.rawValue)))
  var format = CheckReport.Format.text.rawValue

  @Flag(help: "The collector only sniffs: it is fine that nobody listens on its port.")
  var collectorSniffs = false

  func run() throws {
    let format = try OptionValue.choice(format, "--format", CheckReport.Format.self)
    let source = try options.source()
    let isColoured = isatty(STDOUT_FILENO) == 1 && ProcessEnvironment.variables["NO_COLOR", default: ""].isEmpty
    let text = FindingText(isColoured: isColoured)
    let report = CheckRun.run(
      source, placement: PlacementFinder(TaskChoice.current.endpoint), isSniffing: collectorSniffs
    ) { finding in
      if format == .text { text.lines(finding).forEach(Self.write) }
    }
    Self.write(format == .text ? text.conclusion(report) : report.json)
    if report.exitCode != 0 { throw ExitCode(report.exitCode) }
  }

  private static func write(_ line: String) { LineOutput.writeNow(line, to: STDOUT_FILENO, within: 200) }
}
