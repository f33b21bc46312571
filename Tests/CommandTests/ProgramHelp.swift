import Foundation

/// What the program says of its commands and their options, for other programs.
struct ProgramHelp: Decodable {
  struct Command: Decodable {
    let commandName: String
    let shouldDisplay: Bool?
    let arguments: [Argument]?
    let subcommands: [Command]?

    /// Every way to write one of its options.
    var flags: Set<String> { Set((arguments ?? []).flatMap(\.flags)) }
  }

  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }
    let names: [Name]?
    let defaultValue: String?
    let abstract: String?

    var flags: [String] {
      (names ?? []).map { $0.kind == "short" ? "-\($0.name)" : "--\($0.name)" }
    }
  }

  let command: Command

  /// Those that a person gives.
  var commands: [Command] { (command.subcommands ?? []).filter { $0.shouldDisplay != false } }

  static func read() throws -> ProgramHelp {
    let run = try CommandTests.Command(["--experimental-dump-help"])
    return try JSONDecoder().decode(Self.self, from: Data(run.standardOutput.utf8))
  }
}
