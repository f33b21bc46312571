import ArgumentParser
import Forwarder
import Glibc
import System

/// The root's `--help`: settings by group with variable and default, examples, commands, exit codes. Made of the tables
/// that also make the program.
enum RootHelp {
  /// Its examples, with what each is for.
  static let examples: [(command: String, purpose: String)] = [
    ("packet-forwarder -i eth0 --destination 10.0.0.5 tcp port 80", "HTTP on one interface"),
    ("DESTINATION=collector.example.com MTU=9000 packet-forwarder", "all there is, as a sidecar would"),
    ("packet-forwarder --destination 10.0.0.5 --for 10m --sample 10", "a tenth of the flows, for ten minutes"),
  ]

  /// For a terminal of this width, or for none.
  static func text(columns: Int = Terminal.size(of: STDOUT_FILENO)?.columns ?? 80) -> String {
    let width = min(max(columns, 60), 132)
    let configuration = PacketForwarder.configuration
    var lines = ["packet-forwarder \(Version.current)", configuration.abstract, ""]
    lines += HelpColumns.wrapped(configuration.discussion, to: width)
    lines += ["", "USAGE:", "  packet-forwarder [settings] [filter]", "  packet-forwarder <command> [options]"]
    lines += ["", "EXAMPLES:"]
    for example in examples { lines += ["  # \(example.purpose)", "  \(example.command)"] }
    let settings = HelpColumns(widths: [22, 17], width: width)
    for group in SettingGroup.allCases {
      lines += ["", "\(group.rawValue.uppercased()):"]
      for setting in group.settings { lines += settings.row(cells(setting), words(setting)) }
    }
    lines += ["", "COMMANDS:"]
    let commands = HelpColumns(widths: [12], width: width)
    for command in configuration.subcommands where command.configuration.shouldDisplay {
      lines += commands.row([command.configuration.commandName ?? ""], command.configuration.abstract)
    }
    lines += commands.row(["help"], "Show the options of a command: packet-forwarder help receive.")
    lines += ["", "EXIT CODES:"]
    let codes = HelpColumns(widths: [3], width: width)
    for (code, meaning) in ExitStatus.meanings { lines += codes.row(["\(code)"], meaning) }
    return lines.joined(separator: "\n")
  }

  private static func cells(_ setting: Setting) -> [String] {
    let short = setting.short.map { "-\($0), " } ?? "    "
    return ["\(short)--\(setting.flag)", setting.variables.first ?? ""]
  }

  private static func words(_ setting: Setting) -> String {
    "\(setting.help) [\(setting.defaultText ?? "required")]"
  }
}
