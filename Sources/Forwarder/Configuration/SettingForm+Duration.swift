extension SettingForm where Value == Int {
  /// Seconds in a day, an hour, a minute and one.
  private static var timeUnits: [(letter: Character, seconds: Int)] {
    [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)]
  }
  /// A year.
  private static var longest: Int { 365 * 86_400 }

  /// A time in seconds: a number of them, or numbers with units, the larger ones first.
  static var duration: Self {
    Self(
      takes: "a time from 1s to 365d, such as 30s, 10m or 1h30m",
      read: { text in
        var rest = Substring(trimmed(text).lowercased())
        var (total, units) = (0, timeUnits[...])
        if !rest.isEmpty, rest.allSatisfy({ $0.isASCII && $0.isNumber }) { rest += "s" }
        while !rest.isEmpty {
          let digits = rest.prefix { $0.isASCII && $0.isNumber }
          guard let number = Int(digits), let letter = rest.dropFirst(digits.count).first,
            let position = units.firstIndex(where: { $0.letter == letter }), number <= longest
          else { return nil }
          total += number * units[position].seconds
          guard total <= longest else { return nil }
          units = units[(position + 1)...]
          rest = rest.dropFirst(digits.count + 1)
        }
        return total > 0 ? total : nil
      },
      write: { seconds in
        var rest = seconds
        return timeUnits.map { unit in
          let count = rest / unit.seconds
          rest %= unit.seconds
          return count > 0 ? "\(count)\(unit.letter)" : ""
        }.joined()
      })
  }
}
