import Foundation
import TestSupport
import Testing

/// What the program tells of itself: `--help`, `-D`, completions in their shells, manual pages.
@Suite(.timeLimit(.minutes(3))) struct HelpTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A file with `text` in it, for the time of `body`.
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("help-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  /// Every row of docs/settings.md, with its variable and default, and three examples.
  @Test(arguments: [["--help"], ["-h"], ["help"]]) func theRootShowsSettingsByGroup(_ arguments: [String]) throws {
    let run = try Command(arguments)
    #expect(run.exitCode == 0 && run.standardError.isEmpty)
    let words = run.standardOutput.split { $0.isWhitespace }.joined(separator: " ")
    let table = try Page.table("docs/settings.md", head: "| flag | variable | default | meaning |")
    #expect(table.count > 25)
    for row in table {
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: ["`", " "]) }
      let variable = cells[1] == "none" ? "" : " " + (cells[1].split(separator: "`").first ?? "")
      #expect(words.contains("\(cells[0])\(variable) "), "\(cells[0])")
      #expect(words.contains("[\(cells[2])]"), "\(cells[0]): \(cells[2])")
    }
    for group in ["WHAT IS MIRRORED:", "WHERE IT GOES:", "LIMITS:", "COMMANDS:", "EXIT CODES:"] {
      #expect(words.contains(group))
    }
    #expect(run.standardOutput.matches(of: #/(?m)^  # .*\n  .*packet-forwarder/#).count == 3)
    #expect(run.standardOutput.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func theExitCodesAreThePages() throws {
    let help = try Command(["--help"]).standardOutput
    let section = try #require(help.components(separatedBy: "EXIT CODES:\n").last)
    let codes = section.matches(of: #/(?m)^  (\d+) /#).map { String($0.1) }
    let table = try Page.table("docs/reference.md", head: "| code | meaning |")
    #expect(codes == table.map { $0.split(separator: "|")[0].trimmingCharacters(in: .whitespaces) })
  }

  /// Without any rights; as many lines as the kernel has interfaces, and one for all of them.
  @Test func theInterfacesAreListed() throws {
    for arguments in [["-D"], ["run", "--list-interfaces"]] {
      let run = try Command(arguments, wrapper: ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"])
      #expect(run.exitCode == 0 && run.standardError.isEmpty, "\(run.standardError)")
      let lines = run.standardOutput.split(separator: "\n")
      #expect(lines.first?.hasPrefix("NAME") == true && lines.last?.hasPrefix("any ") == true)
      let names = lines.dropFirst().dropLast().compactMap { $0.split(separator: " ").first.map(String.init) }
      let present = try FileManager.default.contentsOfDirectory(atPath: "/sys/class/net").filter {
        FileManager.default.fileExists(atPath: "/sys/class/net/\($0)/ifindex")
      }
      #expect(Set(names) == Set(present))
      let loopback = try #require(lines.first { $0.hasPrefix("lo ") })
      #expect(loopback.contains(" Ethernet ") && loopback.contains(" 65536"))
    }
  }

  /// No rights and no destination; a bad filter ends as it does in `run`.
  @Test func theFilterIsShown() throws {
    let run = try Command(["-d", "-i", "lo", "tcp", "port", "80"])
    #expect(run.exitCode == 0 && run.standardError.isEmpty, "\(run.standardError)")
    #expect(run.standardOutput.contains("\n# the filter: tcp port 80\n("))
    #expect(
      run.standardOutput.contains("\n# never mirrored: the cloud's metadata and credential endpoints; own datagrams"))
    let bad = try Command(["-d"], environment: ["BPF_FILTER": "tcp and"])
    #expect(bad.exitCode == 78 && bad.standardOutput.isEmpty)
    #expect(bad.standardError.hasPrefix("packet-forwarder: BPF_FILTER=\"tcp and\" makes no sense: "))
  }

  private static let bashDriver = #"""
    . "$1"; shift
    COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
    _packet-forwarder packet-forwarder "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\n' "${COMPREPLY[@]}"
    """#
  private static let fishDriver = #"source $argv[1]; complete -C (string join ' ' -- $argv[2..])"#
  /// The completion system, asked through a terminal of zsh's own: candidates one a line, between two marks.
  private static let zshDriver = #"""
    zmodload zsh/zpty
    zpty complete zsh -fi
    {
      print -r -- 'PS1= ; autoload -Uz compinit; compinit -u -D; source '"${(q)1}"
      print -r -- 'zstyle ":completion:*" list-prompt ""; LISTMAX=0; zstyle ":completion:*:descriptions" format ""'
      print -r -- 'compadd () { builtin compadd -O found "$@"; print -l -- "=" $found; builtin compadd "$@" }'
    } | while read -r line; do zpty -w complete "$line"; done
    zpty -w complete 'print rea""dy'
    zpty -r -m complete answer '*ready*' >/dev/null
    zpty -n -w complete "${(j: :)@[2,-1]}"$'\t'
    zpty -w complete $'\x15print do""ne'
    zpty -r -m complete answer '*done*'
    print -r -- "$answer"
    """#

  private func completions(_ shell: String, _ words: [String], script: URL) throws -> [String] {
    let driver = ["bash": Self.bashDriver, "fish": Self.fishDriver, "zsh": Self.zshDriver][shell] ?? ""
    let path = "\(Command.binary.deletingLastPathComponent().path):/usr/sbin:/usr/bin:/sbin:/bin"
    let start = shell == "fish" ? ["-c", driver, script.path] : ["-c", driver, "driver", script.path]
    let run = try Command(
      start + words, environment: ["PATH": path, "HOME": script.deletingLastPathComponent().path, "TERM": "dumb"],
      binary: URL(fileURLWithPath: "/usr/bin/\(shell)"))
    let text = run.standardOutput.replacing("\r", with: "")
    // fish puts what it is about behind a tab.
    return text.split { $0.isNewline || shell == "zsh" && $0 == " " }.map { line in String(line.prefix { $0 != "\t" }) }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func shellsKnowFlagsChoicesAndInterfaces(_ shell: String) throws {
    try withFolder { folder in
      let made = try Command(["--generate-completion-script", shell])
      #expect(made.exitCode == 0 && made.standardError.isEmpty)
      let script = folder.appendingPathComponent("packet-forwarder.\(shell)")
      try made.standardOutput.write(to: script, atomically: true, encoding: .utf8)
      for command in [["packet-forwarder"], ["packet-forwarder", "run"]] {
        let choices = try completions(shell, command + ["--oversize", ""], script: script)
        for word in ["segment", "truncate", "drop"] { #expect(choices.contains(word), "\(command): \(choices)") }
        let interfaces = try completions(shell, command + ["-i", ""], script: script)
        #expect(interfaces.contains("lo") && interfaces.contains("any"), "\(command): \(interfaces)")
        let flags = try completions(shell, command + ["--dest"], script: script)
        // zsh and bash may put what all have in common into the line at once.
        #expect(flags.contains { $0.contains("--destination") }, "\(command): \(flags)")
      }
      let commands = try completions(shell, ["packet-forwarder", "re"], script: script)
      #expect(commands.contains { $0.contains("receive") }, "\(commands)")
    }
  }

  /// One page for the program and one for each command, without a warning, and with every setting in it.
  @Test func theManualIsClean() throws {
    try withFolder { folder in
      let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
      let made = try Command(
        [Command.binary.path, folder.path], environment: ["PATH": path, "SOURCE_DATE_EPOCH": "1764115200"],
        binary: Self.root.appendingPathComponent("scripts/manuals"))
      try #require(made.exitCode == 0, "\(made.standardError)")
      let pages = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      let commands = ["check", "demo", "healthcheck", "receive", "run", "status"]
      #expect(Set(pages).isSuperset(of: ["packet-forwarder.1"] + commands.map { "packet-forwarder-\($0).1" }))
      let files = pages.map { folder.appendingPathComponent($0).path }
      let lint = try Command(
        ["-T", "lint", "-W", "warning"] + files, binary: URL(fileURLWithPath: "/usr/bin/mandoc"))
      #expect(lint.exitCode == 0, "\(lint.standardOutput)")
      let shown = try Command(
        ["-T", "ascii", "-O", "width=200", folder.appendingPathComponent("packet-forwarder.1").path],
        binary: URL(fileURLWithPath: "/usr/bin/mandoc"))
      // Bold is a letter struck twice.
      let text = shown.standardOutput.replacing(#/.\x08/#, with: "")
      for row in try Page.table("docs/settings.md", head: "| flag | variable | default | meaning |") {
        let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: ["`", " "]) }
        let variable = cells[1] == "none" ? "" : String(cells[1].split(separator: "`").first ?? "")
        #expect(text.contains(cells[0]) && text.contains("[\(variable)"), "\(cells[0])")
      }
      #expect(text.contains("--for 10m") && text.contains("EXIT STATUS") && text.contains("November 26, 2025"))
    }
  }

  @Test func theManualNeedsAProgram() throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let script = Self.root.appendingPathComponent("scripts/manuals")
    #expect(try Command([], environment: ["PATH": path], binary: script).exitCode == 64)
    let run = try Command(["/bin/false", "/nonexistent"], environment: ["PATH": path], binary: script)
    #expect(
      run.exitCode == 1 && run.standardError.hasPrefix("manuals: /bin/false --experimental-dump-help ended with 1"))
  }
}
