internal import Glibc

/// The time of a clock in nanoseconds.
func now(_ clock: clockid_t) -> UInt64 {
  var time = timespec()
  // Cannot fail: the clock exists and the pointer is good.
  unsafe clock_gettime(clock, &time)
  return nanoseconds(time)
}

/// A time in nanoseconds; one before 1970 counts as 1970.
func nanoseconds(_ time: timespec) -> UInt64 {
  UInt64(max(0, time.tv_sec)) &* 1_000_000_000 &+ UInt64(max(0, time.tv_nsec))
}

/// The time of day in UTC as `HH:MM:SS.ffffff`.
func timeOfDay(_ timestamp: UInt64) -> String {
  let second = Int(timestamp / 1_000_000_000 % 86_400)
  let clock = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
  return clock + "." + padded(Int(timestamp / 1000 % 1_000_000), 6)
}

/// Date and time in UTC as RFC 3339 has it, to the millisecond: `2025-01-31T12:00:00.000Z`.
func rfc3339(_ timestamp: UInt64) -> String {
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

private func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
