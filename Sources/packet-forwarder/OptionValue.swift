import ArgumentParser
import Forwarder

/// Values of options that are no settings. They are read as text, so that a bad one ends with the same line and exit code
/// as a bad setting.
enum OptionValue {
  /// A number in a range, in decimal digits, or the end of the program with one line.
  static func number<Number: FixedWidthInteger>(
    _ text: String, _ flag: String, _ range: ClosedRange<Number>
  ) throws -> Number {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    let isDecimal = digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard isDecimal, let number = Number(text), range.contains(number) else {
      let end = range.upperBound >= Int64.max ? "on" : "to \(range.upperBound)"
      throw invalid(flag, text, "a number from \(range.lowerBound) \(end)")
    }
    return number
  }

  /// A number of bytes, or of KiB, MiB or GiB.
  static func size(
    _ text: String, _ flag: String, _ range: ClosedRange<Int>, _ words: String
  ) throws -> Int {
    for (unit, shift) in [("KiB", 10), ("MiB", 20), ("GiB", 30), ("", 0)] where text.hasSuffix(unit) {
      let digits = text.dropLast(unit.count)
      let isDecimal = digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard isDecimal, let number = Int(digits), number <= range.upperBound >> shift,
        range.contains(number << shift)
      else { break }
      return number << shift
    }
    throw invalid(flag, text, "a size from \(words), such as 100MiB")
  }

  /// One of a few words.
  static func choice<Choice>(_ text: String, _ flag: String, _: Choice.Type) throws -> Choice
  where Choice: RawRepresentable & CaseIterable, Choice.RawValue == String {
    if let choice = Choice(rawValue: text.lowercased()) { return choice }
    throw invalid(flag, text, words(Choice.allCases.map(\.rawValue)))
  }

  /// `text or json`.
  static func words(_ words: [String]) -> String {
    words.count < 2 ? words.joined() : "\(words.dropLast().joined(separator: ", ")) or \(words[words.count - 1])"
  }

  /// The end of the program for a value that makes no sense, in the words that settings have for it.
  static func invalid(_ flag: String, _ value: String, reason: String? = nil, _ takes: String) -> ExitCode {
    ExitStatus.failure(SettingsError(name: flag, value: value, reason: reason, takes: takes))
  }

  /// The end of the program for flags that exclude each other.
  static func conflict(_ flag: String, _ other: String, _ remedy: String) -> ExitCode {
    ExitStatus.failure(ExitStatus.configuration, "\(flag) makes no sense beside \(other); \(remedy)")
  }
}
