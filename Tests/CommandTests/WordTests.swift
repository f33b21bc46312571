import Foundation
import TestSupport
import Testing

/// Commands, options, variables and targets that the pages speak of are there.
@Suite(.timeLimit(.minutes(1))) struct WordTests {
  /// Variables that are not the forwarder's: of make, of docker, of service managers, of terminals; and what is to be filled in.
  private static let foreign: Set = [
    "ARGUMENTS", "BASE", "CI", "COLLECTOR_MBITS", "ENGINE", "FUZZ_SECONDS", "IMAGE", "NAME", "NOTIFY_SOCKET",
    "NO_COLOR",
    "PACKET_FORWARDER", "RECEIVE_OPTIONS", "TF_PLUGINS", "UPDATE_FIGURES",
  ]

  /// What stands between backticks, on one line.
  private static func quotations(_ page: Page) -> [String] {
    page.prose.replacing(#/<!--.*?-->/#, with: "").matches(of: #/`([^`]+)`/#).map { match in
      match.1.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
  }

  @Test func everyOptionOfTheTablesIsInTheProgram() throws {
    let help = try Self.help.get()
    let settings = try Set(
      Page.table("docs/settings.md", head: "| flag | variable | default | meaning |").map(Self.flag))
    let common: Set = ["--help", "--version"]
    let page = try Page("docs/reference.md")
    for command in help.commands where !["help", "inject"].contains(command.commandName) {
      let expected = (command.arguments ?? []).filter { argument in
        let flags = Set(argument.flags)
        let isSetting = ["run", "check"].contains(command.commandName) && !flags.isDisjoint(with: settings)
        return !flags.isEmpty && flags.isDisjoint(with: common) && !isSetting
      }
      .map { argument in
        let flags = argument.flags.sorted { $0.count < $1.count }.map { "`\($0)`" }.joined(separator: ", ")
        let meaning = (argument.abstract ?? "").trimmingCharacters(in: ["."])
        return "| \(flags) | \(argument.defaultValue ?? "") | \(meaning) |"
      }
      let rows = page.tables(head: "| option of `\(command.commandName)` | default | meaning |").first ?? []
      #expect(rows == expected, "docs/reference.md, \(command.commandName):\n\(expected.joined(separator: "\n"))")
    }
    // Its own page has them with more words.
    let inject = try #require(help.commands.first { $0.commandName == "inject" })
    let rows = try Page.table("docs/inject.md", head: "| option | what it does |")
    let usage = try #require(try Page("docs/inject.md").blocks.first).text
    #expect(
      usage.hasPrefix("packet-forwarder inject ")
        && inject.flags.isSuperset(of: usage.matches(of: #/--[a-z-]+/#).map { String($0.0) }))
    #expect(
      inject.flags.filter { $0.hasPrefix("--") }.subtracting(common).symmetricDifference(rows.map(Self.flag)) == [])
  }

  /// The first flag of a row.
  private static func flag(_ row: String) -> String {
    row.firstMatch(of: #/--[a-z-]+/#).map { String($0.0) } ?? row
  }

  @Test func everyCommandHasItsRow() throws {
    let help = try Self.help.get()
    let rows = try Page.table("docs/reference.md", head: "| command | what it does |")
    let names = rows.compactMap { $0.matches(of: #/`packet-forwarder ([a-z]+)`/#).last.map { String($0.1) } }
    #expect(names == ["run", "check", "receive", "status", "healthcheck", "inject", "cost", "demo"])
    #expect(Set(names) == Set(help.commands.map(\.commandName)).subtracting(["help"]))
  }

  private static let help = Result { try ProgramHelp.read() }

  /// CONTRIBUTING.md shows how a setting is added by one that there is not.
  @Test(arguments: ((try? Page.all()) ?? []).filter { $0.path != "CONTRIBUTING.md" })
  func commandsAndTheirFlagsAreThere(_ page: Page) throws {
    let help = try Self.help.get()
    for text in Self.quotations(page) {
      for use in text.matches(of: #/(?:^|[ (\/])packet-forwarder((?: [^ ;|&)]+)*)/#) {
        let words = use.1.split(separator: " ").map(String.init)
        // A line of the log begins with the version.
        guard let first = words.first, !first.first!.isNumber else { continue }
        let name = first.hasPrefix("-") ? "run" : first
        guard let command = help.commands.first(where: { $0.commandName == name }) else {
          Issue.record("\(page): no command \(name): `\(text)`")
          continue
        }
        let known = command.flags.union(["--generate-completion-script", "--experimental-dump-help"])
        for word in words where word.hasPrefix("--") && word != "--" {
          #expect(known.contains(String(word.prefix { $0 != "=" })), "\(page): \(word): `\(text)`")
        }
      }
    }
  }

  /// `NAME=value`, and a name alone where it looks like a setting's.
  @Test(arguments: (try? Page.forUsers()) ?? []) func variablesAreThere(_ page: Page) throws {
    let rows = try Page.table("docs/settings.md", head: "| flag | variable | default | meaning |")
    let settings = Set(rows.flatMap { $0.matches(of: #/`([A-Z_]+)`/#).map { String($0.1) } })
    for text in Self.quotations(page) {
      for match in text.matches(of: #/(?:^|[ "])([A-Z][A-Z_]+)=/#) {
        let name = String(match.1)
        #expect(settings.contains(name) || Self.foreign.contains(name), "\(page): `\(text)`")
      }
    }
  }

  @Test(arguments: (try? Page.all()) ?? []) func targetsOfMakeAreThere(_ page: Page) throws {
    func targets(_ file: String) throws -> Set<String> {
      let text = try String(contentsOf: Page.root.appending(path: file), encoding: .utf8)
      return Set(text.matches(of: #/(?m)^([a-z-]+):/#).map { String($0.1) })
    }
    let (own, bench) = (try targets("Makefile"), try targets("bench/Makefile"))
    #expect(own.isSuperset(of: ["demo", "test"]) && bench.contains("quick"))
    for text in Self.quotations(page) where text.hasPrefix("make ") {
      let words = text.split(separator: " ").dropFirst().map(String.init)
      let known = words.starts(with: ["-C", "bench"]) ? bench : own
      for word in words where word.wholeMatch(of: #/[a-z-]+/#) != nil && !word.hasPrefix("-") && word != "bench" {
        #expect(known.contains(word), "\(page): `\(text)`")
      }
    }
  }
}
