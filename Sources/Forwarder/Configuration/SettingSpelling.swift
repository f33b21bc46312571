/// Finds the setting that a misspelt variable was meant to be. Case and separators do not count, nor whether the flag or
/// the variable is what was spelt; the rest may differ by as many slips as the name is long enough for.
struct SettingSpelling: Sendable {
  private struct Name: Sendable {
    let letters: [UInt8]
    let variable: String
  }

  /// Every shell's own, although a flag looks like it.
  private static let everybodys: Set = ["USER"]

  private let known: Set<String>
  private let names: [Name]
  /// Anything longer is no slip of one of these.
  private let longest: Int

  init(_ settings: [Setting]) {
    known = Self.everybodys.union(settings.flatMap(\.variables))
    var names: [Name] = []
    for setting in settings where !setting.variables.isEmpty {
      for spelt in setting.variables + [setting.flag] {
        guard let letters = Self.letters(of: spelt), !names.contains(where: { $0.letters == letters }) else { continue }
        names.append(Name(letters: letters, variable: setting.variables[0]))
      }
    }
    self.names = names
    longest = 2 * (names.map(\.letters.count).max() ?? 0)
  }

  /// The variable that was probably meant; nil for a setting's own name, and for one that is not like any.
  func likeliest(for variable: String) -> String? {
    guard variable.utf8.count <= longest, !known.contains(variable), let letters = Self.letters(of: variable) else {
      return nil
    }
    var best: (distance: Int, variable: String)?
    for name in names {
      guard let distance = Self.slips(from: letters, to: name.letters) else { continue }
      if distance < best?.distance ?? .max { best = (distance, name.variable) }
    }
    return best?.variable
  }

  /// How many slips there are between the two; nil where they are too many for a name of this length.
  private static func slips(from letters: [UInt8], to name: [UInt8]) -> Int? {
    if letters == name { return 0 }
    // One changed letter makes another abbreviation of MTU or VNI: there only order and repetition are slips.
    if name.count <= 4 { return isReordered(letters, name) || isStuttered(letters, name) ? 1 : nil }
    return EditDistance.between(letters, name, atMost: name.count < 10 ? 1 : 2)
  }

  /// Whether two neighbours have changed places.
  private static func isReordered(_ letters: [UInt8], _ name: [UInt8]) -> Bool {
    letters.sorted() == name.sorted() && EditDistance.between(letters, name, atMost: 1) == 1
  }

  /// Whether a letter was struck twice.
  private static func isStuttered(_ letters: [UInt8], _ name: [UInt8]) -> Bool {
    letters.count == name.count + 1
      && letters.indices.dropFirst().contains { index in
        letters[index] == letters[index - 1] && letters[..<index] + letters[(index + 1)...] == name[...]
      }
  }

  /// Letters and digits in upper case, without separators; nil for what has anything else in it.
  private static func letters(of name: String) -> [UInt8]? {
    var letters: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): letters.append(byte)
      case UInt8(ascii: "a")...UInt8(ascii: "z"): letters.append(byte - 32)
      case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): continue
      default: return nil
      }
    }
    return letters
  }
}
