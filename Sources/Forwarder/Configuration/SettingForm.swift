/// The form in which a setting is written: from text to value and back, and what a message says it takes.
struct SettingForm<Value: Equatable & Sendable>: Sendable {
  /// What it takes, for messages.
  let takes: @Sendable () -> String
  /// The value; nil for a text that makes no sense.
  let read: @Sendable (String) -> Value?
  /// A text that gives this value.
  let write: @Sendable (Value) -> String
  /// What a shell may offer.
  let values: SettingValues

  /// A form of which no part is left out.
  init(
    takes: @autoclosure @escaping @Sendable () -> String, values: SettingValues = .anything,
    read: @escaping @Sendable (String) -> Value?, write: @escaping @Sendable (Value) -> String
  ) {
    self.takes = takes
    self.values = values
    self.read = read
    self.write = write
  }

  /// Without white space at both ends.
  static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }

  /// What stands between commas.
  static func list(_ text: String) -> [String] {
    text.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
  }
}

extension SettingForm where Value == String {
  /// As it is; whether it makes sense is found later.
  static var text: Self { Self(takes: "text", read: { $0 }, write: { $0 }) }
}

extension SettingForm where Value == String {
  /// Where a file is or is to be: from the root on, since nobody knows where the program is started.
  static var filePath: Self {
    Self(
      takes: "the path of a file from / on, such as /run/healthy", values: .file,
      read: { text in
        let path = trimmed(text)
        let isFile = path.hasPrefix("/") && !path.hasSuffix("/") && !path.utf8.contains(0)
        return isFile && path.utf8.count <= 1_024 ? path : nil
      }, write: { $0 })
  }
}

extension SettingForm where Value: FixedWidthInteger {
  /// A number in a range, in decimal digits.
  static func number(_ range: ClosedRange<Value>, _ takes: String) -> Self {
    Self(
      takes: takes,
      read: { text in
        let digits = trimmed(text)
        guard let number = Int(digits), digits.first != "+" else { return nil }
        return Value(exactly: number).flatMap { range.contains($0) ? $0 : nil }
      },
      write: { "\($0)" })
  }
}

extension SettingForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the words of an enumeration, in any case.
  static var choice: Self {
    let words = Value.allCases.map(\.rawValue)
    return Self(
      takes: "\(words.dropLast().joined(separator: ", ")) or \(words[words.count - 1])", values: .words(words),
      read: { Value(rawValue: trimmed($0).lowercased()) }, write: { $0.rawValue })
  }
}

extension SettingForm where Value == Bool {
  /// yes or no, and what else means them.
  static var yesOrNo: Self {
    Self(
      takes: "yes or no", values: .words(["yes", "no"]),
      read: { text in
        switch trimmed(text).lowercased() {
        case "yes", "true", "on", "1": true
        case "no", "false", "off", "0": false
        default: nil
        }
      },
      write: { $0 ? "yes" : "no" })
  }
}

extension SettingForm where Value == Int {
  /// A number of bytes with a unit of 1024s, as buffers have.
  static var byteSize: Self { byteSize(from: 1 << 20, to: 4 << 30) }

  /// A number of bytes in a range, with a unit of 1024s.
  static func byteSize(from least: Int, to most: Int) -> Self {
    let units = [("gib", 30), ("mib", 20), ("kib", 10), ("g", 30), ("m", 20), ("k", 10), ("b", 0), ("", 0)]
    return Self(
      takes: "a size from \(written(least)) to \(written(most)), such as \(written(32 * least))",
      read: { value in
        let text = trimmed(value).lowercased()
        guard let (unit, shift) = units.first(where: { text.hasSuffix($0.0) }),
          let number = Int(trimmed(text.dropLast(unit.count))), number > 0, number <= most >> shift
        else { return nil }
        let bytes = number << shift
        return bytes >= least ? bytes : nil
      },
      write: written)
  }

  /// In the largest unit that leaves no fraction.
  private static func written(_ bytes: Int) -> String {
    for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes & (1 << shift - 1) == 0 {
      return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)B"
  }
}
