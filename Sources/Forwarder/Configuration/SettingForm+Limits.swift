import Mirror

extension SettingForm where Value == RateLimit {
  /// Bits, bytes or packets a second. Case tells bits from bytes where a unit is a single letter, and nothing else.
  static var rate: Self {
    Self(
      takes: "a rate from 64kbps or 10pps on, such as 500Mbps, 200Mbit/s, 25MB/s or 50000pps",
      read: { text in
        guard let (number, unit) = numberAndUnit(text), let (factor, kind) = rateUnit(unit) else { return nil }
        let value = (number * factor).rounded()
        let range = kind == .bits ? 64_000...1e12 : 10...1e9
        return range.contains(value) ? RateLimit(UInt64(value), kind) : nil
      },
      write: { limit in
        guard limit.unit == .bits else { return "\(limit.perSecond)pps" }
        for (prefix, factor) in [("G", UInt64(1_000_000_000)), ("M", 1_000_000), ("k", 1_000)]
        where limit.perSecond % factor == 0 {
          return "\(limit.perSecond / factor)\(prefix)bps"
        }
        return "\(limit.perSecond)bps"
      })
  }

  private static func rateUnit(_ text: String) -> (factor: Double, RateLimit.Unit)? {
    let units: [(String, Double, RateLimit.Unit)] = [
      ("bits/s", 1, .bits), ("bit/s", 1, .bits), ("bits", 1, .bits), ("bit", 1, .bits), ("bytes/s", 8, .bits),
      ("byte/s", 8, .bits), ("packets/s", 1, .datagrams), ("packet/s", 1, .datagrams), ("pps", 1, .datagrams),
      ("p/s", 1, .datagrams),
    ]
    // "MBPS" may mean either.
    let short: [(String, Double)] = [("bps", 1), ("b/s", 1), ("Bps", 8), ("B/s", 8)]
    let prefixes: [String: Double] = [
      "": 1, "k": 1e3, "m": 1e6, "g": 1e9, "ki": 1_024, "mi": 1_048_576, "gi": 1_073_741_824,
    ]
    if let (unit, factor) = short.first(where: { text.hasSuffix($0.0) }) {
      guard let prefix = prefixes[text.dropLast(unit.count).lowercased()] else { return nil }
      return (prefix * factor, .bits)
    }
    let lowercased = text.lowercased()
    guard let (unit, factor, kind) = units.first(where: { lowercased.hasSuffix($0.0) }),
      let prefix = prefixes[String(lowercased.dropLast(unit.count))]
    else { return nil }
    return (prefix * factor, kind)
  }
}

extension SettingForm where Value == Double {
  /// A share of one core, as a number, in percent, or in thousandths as Kubernetes has it.
  static var cores: Self {
    Self(
      takes: "a share of one core from 0.01 to 64, such as 0.2, 20% or 200m",
      read: { text in
        guard let (number, unit) = numberAndUnit(text), let factor = ["": 1, "%": 0.01, "m": 0.001][unit] else {
          return nil
        }
        let thousandths = (number * factor * 1_000).rounded()
        return (10...64_000).contains(thousandths) ? thousandths / 1_000 : nil
      },
      write: { value in
        let thousandths = Int((value * 1_000).rounded())
        var fraction = String(1_000 + thousandths % 1_000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(thousandths / 1_000)" + (fraction.isEmpty ? "" : ".\(fraction)")
      })
  }
}

extension SettingForm {
  /// A number in decimal digits, with a point or without, and what stands behind it.
  fileprivate static func numberAndUnit(_ text: String) -> (Double, String)? {
    let text = trimmed(text)
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard digits.first?.isNumber == true, digits.last != ".", let number = Double(digits) else { return nil }
    return (number, trimmed(text.dropFirst(digits.count)))
  }
}
