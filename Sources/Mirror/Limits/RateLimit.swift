/// How much may be sent in a second (RATE_LIMIT).
public struct RateLimit: Equatable, Sendable {
  /// What is counted.
  public enum Unit: Equatable, Sendable {
    /// Bits of outer IP packets.
    case bits
    /// Datagrams.
    case datagrams
  }

  /// What is counted.
  public let unit: Unit
  /// How many of these a second, 1 or more.
  public let perSecond: UInt64

  /// A limit of so many a second.
  public init(_ perSecond: UInt64, _ unit: Unit) {
    self.perSecond = perSecond
    self.unit = unit
  }

  /// Bytes or datagrams a second.
  var unitsPerSecond: Double { Double(perSecond) / (unit == .bits ? 8 : 1) }

  /// Bytes or datagrams that may come at once: those of 100 ms, and at least two super-frames.
  var burst: Double { max(unitsPerSecond / 10, unit == .bits ? 131_072 : 128) }

  /// What is there beyond the burst, in bytes or datagrams, for the flows that are kept while others are shed: a
  /// quarter, and at least a super-frame.
  var reserve: Double { max(burst / 4, unit == .bits ? 65_536 : 64) }
}
