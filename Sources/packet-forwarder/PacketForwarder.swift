import ArgumentParser
import CStart
import Glibc
import System

/// The command line's root.
@main
struct PacketForwarder: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "packet-forwarder",
    abstract: "Copies live traffic to a collector, wrapped in VXLAN.",
    discussion: """
      Captures frames on an interface, keeps those a filter selects, and sends each in VXLAN (RFC 7348) over UDP to one \
      or more collectors. Every setting is a flag or an environment variable; a flag wins.
      """,
    version: Version.current,
    subcommands: [
      RunCommand.self, CheckCommand.self, ReceiveCommand.self, StatusCommand.self, HealthcheckCommand.self,
      InjectCommand.self, CostCommand.self, DemoCommand.self, ReceiveExtcap.self,
    ],
    defaultSubcommand: RunCommand.self)

  /// Those that people use.
  static var commandNames: [String] {
    configuration.subcommands.filter { $0.configuration.shouldDisplay }.compactMap { $0.configuration.commandName } + [
      "help"
    ]
  }

  static func main() {
    let given = ReceiveExtcap.arguments(Array(CommandLine.arguments.dropFirst()))
    CompletionRoot.answer(given)
    // Anything else would be a filter of one word.
    if let word = given.first, given.count == 1 || given[1].hasPrefix("-"), let meant = NearMiss.command(for: word) {
      end(ExitStatus.failure(ExitStatus.usage, UsageLine.command(word, meant: meant)), given)
    }
    if given.count == 2, given[0] == "help", !commandNames.contains(given[1]) {
      end(
        ExitStatus.failure(ExitStatus.usage, UsageLine.command(given[1], meant: NearMiss.command(for: given[1]))), given
      )
    }
    do {
      var command = try parseAsRoot(given)
      try command.run()
    } catch {
      end(error, given)
    }
  }

  /// The end with an error, which may be a wish for help.
  private static func end(_ error: any Error, _ arguments: [String]) -> Never {
    let message = message(for: error)
    if exitCode(for: error) == .validationFailure, !message.isEmpty {
      exit(withError: ExitStatus.failure(ExitStatus.usage, UsageLine.text(message, arguments)))
    }
    if exitCode(for: error) == .success, message == helpMessage() {
      LineOutput.writeNow(RootHelp.text(), to: STDOUT_FILENO, within: -1)
      exit()
    }
    exit(withError: error)
  }
}
