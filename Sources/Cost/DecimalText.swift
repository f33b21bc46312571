/// Numbers in decimal, with a point and a fixed number of places.
enum DecimalText {
  /// `1234.50`.
  static func plain(_ value: Double, _ places: Int) -> String {
    let factor = (0..<places).reduce(UInt64(1)) { product, _ in product * 10 }
    let scaled = UInt64(max(0, min(value.magnitude * Double(factor), 1e18)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return sign + String(scaled) }
    let fraction = String(scaled % factor)
    return sign + "\(scaled / factor)." + String(repeating: "0", count: places - fraction.count) + fraction
  }

  /// `1,234.50`.
  static func grouped(_ value: Double, _ places: Int) -> String {
    let text = plain(value, places)
    let whole = text.prefix { $0 != "." }
    var groups = ""
    for (index, digit) in whole.enumerated() {
      let left = whole.count - index
      if index > 0, left % 3 == 0, groups.last != "-" { groups += "," }
      groups.append(digit)
    }
    return groups + text.dropFirst(whole.count)
  }
}
