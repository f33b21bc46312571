import System

extension MetricTable {
  /// Every figure that is known, with its name: `route mtu 9001 bytes`. Made from the rows, so that what JSON has is here
  /// as well. Where the first one says what the others are about, its name is left out.
  package func phrases(of source: Source, withSubject: Bool = false) -> [String] {
    rows.enumerated().compactMap { index, row in
      row.phrase(of: source).map { withSubject && index == 0 ? $0 : "\(row.name) \($0)" }
    }
  }
}

extension Metric {
  /// What people call it.
  package var name: String { key.split(separator: "_").joined(separator: " ") }

  /// Its value in words; nil where there is none.
  package func phrase(of source: Source) -> String? {
    switch reading {
    case .number(let read): words(read(source))
    case .known(let read): read(source).map(words)
    case .decimal(let read): read(source) + (unit.map { $0 == .ratio ? "" : " \($0.rawValue)" } ?? "")
    case .flag(let read): read(source) ? "yes" : "no"
    case .text(let read): read(source)
    case .moment(let read): read(source).map(UTCTime.rfc3339)
    case .parts, .tally: tally(of: source)
    }
  }

  /// The sum of its parts, and those that are not 0: `12 (no destination 9, ENOBUFS 3)`.
  private func tally(of source: Source) -> String {
    let parts = samples(of: source).filter { $0.value > 0 }.map { "\($0.name) \($0.value)" }
    return "\(sum(of: source))" + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
  }

  private func words(_ value: UInt64) -> String {
    switch (kind, unit) {
    case (.gauge, .milliseconds): Self.duration(value)
    case (.gauge, .bytes) where value >= 1 << 20:
      MetricFigure.rounded(Double(value) / Double(1 << 20), digits: 1) + " MiB"
    // MTUs are told to the byte.
    case (.gauge, .bytes) where value >= 1 << 17: "\(value >> 10) KiB"
    case (_, let unit?) where !key.hasSuffix(unit.rawValue): "\(value) \(unit.rawValue)"
    default: "\(value)"
    }
  }

  /// `120 ms`, `12 s`, `03:04:05`, `2 d 03:04:05`.
  static func duration(_ milliseconds: UInt64) -> String {
    let seconds = milliseconds / 1_000
    if seconds == 0 { return "\(milliseconds) ms" }
    if seconds < 100 { return "\(seconds) s" }
    let clock = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return (seconds >= 86_400 ? "\(seconds / 86_400) d " : "") + clock.joined(separator: ":")
  }
}
