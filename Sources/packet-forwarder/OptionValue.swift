import ArgumentParser

/// Values of options that are read as text, so that a bad one ends with our line and exit code 78.
enum OptionValue {
  /// A whole number in a range, or the end of the program with one line.
  static func number(_ text: String, _ flag: String, _ range: ClosedRange<Int32>) throws -> Int32 {
    guard let number = Int32(text), range.contains(number) else {
      throw ExitStatus.failure(
        ExitStatus.configuration,
        "\(flag) \"\(text)\" is not valid: it takes a whole number, \(range.lowerBound) ... \(range.upperBound)")
    }
    return number
  }
}
