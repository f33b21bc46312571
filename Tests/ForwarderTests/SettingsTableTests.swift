import Foundation
import TestSupport
import Testing

@testable import Forwarder

/// The table of settings is whole, and what is written about settings elsewhere says the same.
@Suite struct SettingsTableTests {
  @Test func everyPropertyHasOneRow() {
    let settings = Settings(destinations: [])
    #expect(Setting.all.count == Swift.Mirror(reflecting: settings).children.count)
    #expect(Set(Setting.all.map(\.property)).count == Setting.all.count)
  }

  @Test func noNameIsTakenTwice() {
    let flags = Setting.all.map(\.flag)
    let variables = Setting.all.flatMap(\.variables)
    #expect(Set(flags).count == flags.count && Set(variables).count == variables.count)
    // What ends a run belongs to that run alone.
    #expect(Setting.all.filter { $0.variables.isEmpty }.map(\.flag) == ["for", "until-packets"])
  }

  /// Names are spelt alike; only the filter's differ, which are published, and the user's: every shell has a USER.
  @Test(
    arguments: Setting.all.filter { !["filter", "user"].contains($0.flag) && !$0.variables.isEmpty }
  ) func theVariableIsTheFlagInCapitals(
    setting: Setting
  ) {
    #expect(setting.variables[0] == setting.flag.uppercased().replacing("-", with: "_"))
  }

  /// `--help` and the manual have every setting, once.
  @Test func everySettingHasItsGroup() {
    let flags = SettingGroup.allCases.flatMap(\.flags)
    #expect(Set(flags).count == flags.count && Set(flags) == Set(Setting.all.map(\.flag)))
  }

  @Test(arguments: Setting.all) func helpIsASentence(setting: Setting) {
    #expect(setting.help.hasSuffix(".") && !setting.help.contains("\n") && setting.help.count <= 100)
  }

  /// Giving a setting its default changes nothing. Those that have a word for having no value are not given it.
  @Test(arguments: Setting.all) func theDefaultMayBeGiven(setting: Setting) throws {
    let normal = Settings(destinations: [])
    let isOptional = Swift.Mirror(reflecting: normal[keyPath: setting.property]).displayStyle == .optional
    if isOptional || ["filter", "destination", "exclude"].contains(setting.flag) { return }
    var settings = normal
    #expect(setting.assign(try #require(setting.defaultText), &settings))
    #expect("\(settings)" == "\(normal)")
  }

  /// docs/settings.md has a row for each setting, in the same order, with its flag, variables and default.
  @Test func thePageHasTheSameRows() throws {
    let table = try Page.table("docs/settings.md", head: "| flag | variable | default | meaning |")
    let rows = table.map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let missing = Setting.all.filter { setting in !rows.contains { $0[1] == "`--\(setting.flag)`" } }
    #expect(missing.isEmpty, "docs/settings.md lacks: \(missing.map(row).joined(separator: " "))")
    #expect(rows.map { $0[1] } == Setting.all.map { "`--\($0.flag)`" })
    for (row, setting) in zip(rows, Setting.all) {
      #expect(row[2] == variables(of: setting))
      // A word to be typed is set as such.
      #expect(row[3].trimmingCharacters(in: ["`"]) == setting.defaultText ?? "required", "--\(setting.flag)")
      #expect(row.count == 6 && !row[4].isEmpty, "--\(setting.flag) has no meaning")
    }
  }

  /// The row that docs/settings.md is to have, but for the meaning.
  private func row(_ setting: Setting) -> String {
    "| `--\(setting.flag)` | \(variables(of: setting)) | \(setting.defaultText ?? "required") | ... |"
  }

  private func variables(of setting: Setting) -> String {
    setting.variables.isEmpty ? "none" : setting.variables.map { "`\($0)`" }.joined(separator: ", ")
  }

  /// The Dockerfile's comment lists some, among them what must be given.
  @Test func theDockerfileSaysTheSame() throws {
    let rows = try text("Dockerfile").matches(of: /(?m)^#   ([A-Z_]+) +(\S.*?)  +(\S.*)$/)
    #expect(rows.map(\.1) == ["BPF_FILTER", "DESTINATION", "INTERFACE", "MTU", "STAT_DURATION"])
    for row in rows {
      let setting = try #require(Setting.all.first { $0.variables.first == String(row.1) })
      #expect(row.3 == setting.defaultText ?? "required", "\(row.1)")
    }
  }

  /// The example task definition gives the sidecar settings, each with a value that makes sense.
  @Test func theTaskDefinitionIsUnderstood() throws {
    struct Task: Decodable {
      struct Container: Decodable {
        struct Variable: Decodable {
          let name: String
          let value: String
        }
        let name: String
        let environment: [Variable]?
      }
      let containerDefinitions: [Container]
    }
    let task = try JSONDecoder().decode(Task.self, from: Data(try text("deploy/ecs/task-definition.json").utf8))
    let sidecar = try #require(task.containerDefinitions.first { $0.name == "packet-forwarder" })
    let environment = Dictionary(uniqueKeysWithValues: (sidecar.environment ?? []).map { ($0.name, $0.value) })
    #expect(Set(environment.keys).isSubset(of: Setting.all.flatMap(\.variables)))
    _ = try Settings(SettingSource(flags: [:], environment: environment))
  }

  /// A file of the package, by its path from the root.
  private func text(_ path: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }
}
