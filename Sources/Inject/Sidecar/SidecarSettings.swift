import Forwarder

/// The variables of a sidecar, checked by the table of settings as far as can be without being there.
public struct SidecarSettings: Sendable {
  /// Why a variable is none.
  public struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// One line: what, which value, what would be right.
    public let description: String
  }

  /// What the README shows first, in its order; the others follow in the table's.
  private static let contract = ["BPF_FILTER", "DESTINATION", "INTERFACE", "MTU", "STAT_DURATION"]
  /// The names of interfaces and users are those of where it runs.
  private static let places: Set = ["INTERFACE", "USER_NAME"]

  /// Names and values that were given, in the order in which they are written.
  let given: [(name: String, value: String)]
  private let names: Set<String>

  /// - Parameters:
  ///   - destination: DESTINATION.
  ///   - assignments: `NAME=VALUE`, for other variables. An empty value means that the variable is not set.
  public init(destination: String, _ assignments: [String]) throws(Refusal) {
    var values = ["DESTINATION": destination]
    for assignment in assignments {
      guard let sign = assignment.firstIndex(of: "="), sign > assignment.startIndex else {
        throw Refusal(description: "--set \(assignment) makes no sense; it takes NAME=VALUE, such as MTU=1500")
      }
      let name = String(assignment[..<sign])
      try Self.check(name)
      guard values.updateValue(String(assignment[assignment.index(after: sign)...]), forKey: name) == nil else {
        let what = name == "DESTINATION" ? "belongs to --destination" : "is given twice"
        throw Refusal(description: "--set \(name) \(what)")
      }
    }
    let order = Self.contract + Setting.all.flatMap(\.variables).filter { !Self.contract.contains($0) }
    given = order.compactMap { name in values[name].map { (name, $0) } }
    names = Set(values.keys)
    _ = try Self.settings(values)
  }

  /// Whether this variable was given, with something in it.
  func has(_ name: String) -> Bool { given.contains { $0.name == name && !$0.value.allSatisfy(\.isWhitespace) } }

  /// The value that was given for a variable.
  public func value(of name: String) -> String? { given.first { $0.name == name }?.value }

  /// All variables of a container: those given, what it already has, and defaults that are worth seeing.
  func variables(beside present: [Value.Member]) -> [Value.Member] {
    let defaults = [("INTERFACE", "any"), ("STAT_DURATION", "30")].filter { name, _ in
      !names.contains(name) && !present.contains { $0.key == name }
    }
    let all = given.map { ($0.name, $0.value) } + defaults
    let order = Self.contract + Setting.all.flatMap(\.variables).filter { !Self.contract.contains($0) }
    return order.compactMap { name in all.first { $0.0 == name }.map { .init(name, .string($0.1)) } }
  }

  /// The settings that hold in a container with these variables beside those given. A value of theirs that makes no
  /// sense counts as not set.
  func effective(beside present: [Value.Member]) -> Settings {
    var values = Dictionary(given.map { ($0.name, $0.value) }) { $1 }
    for variable in present where values[variable.key] == nil { values[variable.key] = variable.value.words }
    if let settings = try? Self.settings(values) { return settings }
    return (try? Self.settings(Dictionary(given.map { ($0.name, $0.value) }) { $1 })) ?? Settings(destinations: [])
  }

  private static func settings(_ values: [String: String]) throws(Refusal) -> Settings {
    let checked = values.filter { !places.contains($0.key) }
    do throws(SettingsError) {
      return try Settings(SettingSource(flags: [:], environment: checked))
    } catch {
      throw Refusal(description: error.description)
    }
  }

  private static func check(_ name: String) throws(Refusal) {
    guard !Setting.all.contains(where: { $0.variables.contains(name) }) else { return }
    let near = SettingSource(flags: [:], environment: [name: "1"]).misspellings.first
    let hint = near.map { "; did you mean \($0.meant)?" } ?? "; `packet-forwarder run --help` lists them"
    throw Refusal(description: "--set \(name) is no setting\(hint)")
  }
}
