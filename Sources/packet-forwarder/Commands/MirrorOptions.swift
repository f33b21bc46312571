import ArgumentParser
import Forwarder

/// The command line of what mirrors, or would: every setting, and the filter as the last arguments.
struct MirrorOptions: ParsableArguments {
  @OptionGroup var settings: SettingFlags

  @Argument(help: ArgumentHelp("The same as --filter: tcp port 80.", valueName: "filter"))
  var words: [String] = []

  /// The values given, with the environment behind them, or the end of the program with one line.
  func source() throws -> SettingSource {
    let flags = settings.given
    if words.count == 1, let meant = NearMiss.command(for: words[0]) {
      throw ExitStatus.failure(ExitStatus.usage, UsageLine.command(words[0], meant: meant))
    }
    if !words.isEmpty, let filter = flags[Setting.of(\.filter).flag] {
      throw ExitStatus.failure(
        ExitStatus.usage,
        """
        the filter is given twice, as --filter=\(SettingsError.shown(filter)) and behind everything else as \
        \(SettingsError.shown(words.joined(separator: " "))); leave one out
        """)
    }
    return SettingSource(
      flags: flags, environment: ProcessEnvironment.variables,
      words: words.isEmpty ? nil : words.joined(separator: " "))
  }
}
