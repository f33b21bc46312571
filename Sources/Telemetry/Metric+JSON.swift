import System

extension Metric {
  /// Its value.
  package func json(of source: Source) -> JSONValue {
    switch reading {
    case .number(let read): .number(read(source))
    case .known(let read): read(source).map(JSONValue.number) ?? .null
    case .decimal(let read): .decimal(read(source))
    case .flag(let read): .flag(read(source))
    case .text(let read): read(source).map(JSONValue.string) ?? .null
    case .moment(let read): read(source).map { .string(UTCTime.rfc3339($0)) } ?? .null
    case .parts(_, let parts): .object(parts.map { ($0.key, $0.json(of: source)) })
    case .tally(_, let read): .object(read(source).filter { $0.count > 0 }.map { ($0.name, .number($0.count)) })
    }
  }
}

extension MetricTable {
  /// The figures as members of an object.
  package func members(of source: Source) -> [JSONValue.Member] {
    rows.map { ($0.key, $0.json(of: source)) }
  }
}
