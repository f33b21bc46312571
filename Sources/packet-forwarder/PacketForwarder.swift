import ArgumentParser
import CStart
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
      InjectCommand.self, DemoCommand.self, ReceiveExtcap.self,
    ],
    defaultSubcommand: RunCommand.self)

  static func main() { main(ReceiveExtcap.arguments(Array(CommandLine.arguments.dropFirst()))) }
}
