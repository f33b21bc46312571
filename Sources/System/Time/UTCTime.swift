/// Times in UTC as people and other programs read them, from nanoseconds since 1970.
package enum UTCTime {
  /// The time of day as `HH:MM:SS.ffffff`.
  package static func timeOfDay(_ timestamp: UInt64) -> String {
    let second = Int(timestamp / 1_000_000_000 % 86_400)
    let clock = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
    return clock + "." + padded(Int(timestamp / 1000 % 1_000_000), 6)
  }

  /// Date and time as RFC 3339 has it, to the millisecond: `2025-01-31T12:00:00.000Z`.
  package static func rfc3339(_ timestamp: UInt64) -> String {
    // Days to a civil date in the proleptic Gregorian calendar: years begin in March, eras are 400 years.
    let days = Int(timestamp / 86_400_000_000_000) + 719_468
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = days / 146_097 * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(timeOfDay(timestamp).dropLast(3))Z"
  }

  /// The same to the second: `2025-01-31T12:00:00Z`.
  package static func second(_ timestamp: UInt64) -> String { "\(rfc3339(timestamp).prefix(19))Z" }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
