import ArgumentParser
import Forwarder

/// A flag for every setting, by group.
struct SettingFlags: ParsableArguments {
  enum Traffic: SettingChoice { static var group: SettingGroup { .traffic } }
  enum Collectors: SettingChoice { static var group: SettingGroup { .collectors } }
  enum Handling: SettingChoice { static var group: SettingGroup { .handling } }
  enum Limits: SettingChoice { static var group: SettingGroup { .limits } }
  enum Output: SettingChoice { static var group: SettingGroup { .output } }
  enum Safety: SettingChoice { static var group: SettingGroup { .safety } }

  @OptionGroup(title: SettingGroup.traffic.rawValue) var traffic: SettingOptions<Traffic>
  @OptionGroup(title: SettingGroup.collectors.rawValue) var collectors: SettingOptions<Collectors>
  @OptionGroup(title: SettingGroup.handling.rawValue) var handling: SettingOptions<Handling>
  @OptionGroup(title: SettingGroup.limits.rawValue) var limits: SettingOptions<Limits>
  @OptionGroup(title: SettingGroup.output.rawValue) var output: SettingOptions<Output>
  @OptionGroup(title: SettingGroup.safety.rawValue) var safety: SettingOptions<Safety>

  /// What was given, by flag without dashes.
  var given: [String: String] {
    [traffic.flags, collectors.flags, handling.flags, limits.flags, output.flags, safety.flags]
      .reduce(into: [:]) { $0.merge($1) { $1 } }
  }
}
