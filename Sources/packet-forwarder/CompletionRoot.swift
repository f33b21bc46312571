import ArgumentParser

/// The command line as a shell is to know it: settings may be given without a command. The root itself has none of them, for
/// what it had would be read before the command.
struct CompletionRoot: ParsableCommand {
  static var configuration: CommandConfiguration {
    var configuration = PacketForwarder.configuration
    configuration.defaultSubcommand = nil
    return configuration
  }

  @OptionGroup var settings: SettingFlags
  @OptionGroup var views: RunViews

  private static let flag = "--generate-completion-script"

  /// Ends the program with the script, or one line, if that is what the arguments ask for.
  static func answer(_ arguments: [String]) {
    guard let first = arguments.first, first == flag || first.hasPrefix("\(flag)=") else { return }
    let shell = first == flag ? arguments.dropFirst().first : String(first.dropFirst(flag.count + 1))
    if let shell, CompletionShell(rawValue: shell) == nil {
      exit(
        withError: OptionValue.invalid(
          flag, shell, OptionValue.words(CompletionShell.allCases.map(\.rawValue).sorted())))
    }
    do { _ = try parseAsRoot(arguments) } catch { exit(withError: error) }
  }
}
