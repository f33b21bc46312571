import ArgumentParser
import Forwarder

/// What is said of a command line that is not understood: one line, with what was probably meant. The library explains
/// itself with a page of usage; what it found is taken from its first sentence.
enum UsageLine {
  /// The line for the library's `message` about `arguments`.
  static func text(_ message: String, _ arguments: [String]) -> String {
    let command = PacketForwarder.commandNames.first { $0 == arguments.first } ?? "run"
    let quoted = message.split(separator: "'", omittingEmptySubsequences: false).enumerated()
      .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
    guard let first = quoted.first else { return sentence(message) }
    let flag = first.split(separator: " ").first.map(String.init) ?? first
    if message.hasPrefix("Unknown option") { return unknown(flag, command) }
    if message.hasPrefix("Missing expected argument") {
      // It may be there under a name that is not quite its own, which the library looks for later.
      let own = flags(of: command)
      let given = arguments.filter { $0.hasPrefix("--") }.compactMap { $0.split(separator: "=").first.map(String.init) }
      if let strange = given.first(where: { !own.contains($0) }) { return unknown(strange, command) }
      return "\(command) takes \(first), which is not there; packet-forwarder \(command) --help says more"
    }
    if message.hasPrefix("Missing value") {
      return "\(flag) has no value behind it; packet-forwarder \(command) --help says what it takes"
    }
    if message.contains("does not take any value"), quoted.count > 1 {
      return "\(flag)=\(SettingsError.shown(quoted[1])) makes no sense; it takes no value"
    }
    if message.contains("nexpected argument") {
      return "\(command) takes nothing but flags, and not \(SettingsError.shown(quoted.joined(separator: " ")))"
    }
    return sentence(message)
  }

  /// The line for a word in the place of a command.
  static func command(_ word: String, meant: String?) -> String {
    "\(SettingsError.shown(word)) is no command; "
      + (meant.map { "did you mean \($0)?" } ?? "there are: \(PacketForwarder.commandNames.joined(separator: ", "))")
  }

  private static func unknown(_ flag: String, _ command: String) -> String {
    let start = "\(flag) is no flag of \(command)"
    let own = flags(of: command)
    if !flag.hasPrefix("--"), let letter = flag.dropFirst().first {
      if let long = TcpdumpHabit.long(letter), own.contains(long) { return "\(start); did you mean \(long)?" }
      if let instead = TcpdumpHabit.instead(of: letter) { return "\(start); \(instead)" }
    }
    let name = flag.split(separator: "=").first.map(String.init) ?? flag
    let variable = variable(name)
    if let setting = Setting.all.first(where: { $0.variables.contains(variable) }), own.contains("--\(setting.flag)") {
      return "\(start); did you mean --\(setting.flag), or the variable \(variable)?"
    }
    if let near = NearMiss.likeliest(for: name, among: own) { return "\(start); did you mean \(near)?" }
    if let other = PacketForwarder.commandNames.first(where: { $0 != command && flags(of: $0).contains(name) }) {
      return "\(start); did you mean packet-forwarder \(other) \(name)?"
    }
    return "\(start); packet-forwarder \(command) --help lists them"
  }

  /// The variable that a flag would be: `--bpf-filter` is BPF_FILTER.
  private static func variable(_ flag: String) -> String {
    String(flag.drop { $0 == "-" }.map { $0 == "-" ? "_" : $0 }).uppercased()
  }

  /// The flags that a command's help lists.
  private static func flags(of command: String) -> [String] {
    let type = PacketForwarder.configuration.subcommands.first { $0.configuration.commandName == command }
    guard let type else { return [] }
    let lines = PacketForwarder.helpMessage(for: type, columns: 1_000).split(separator: "\n").filter {
      $0.hasPrefix("  -")
    }
    return lines.flatMap { line in
      line.split(separator: " ").prefix { $0.hasPrefix("-") || $0.hasPrefix("<") }.filter { $0.hasPrefix("--") }
        .map { String($0.prefix { $0 != "," && $0 != "=" }) }
    }
  }

  /// The library's own first sentence.
  private static func sentence(_ message: String) -> String {
    String(message.prefix { !$0.isNewline })
  }
}
