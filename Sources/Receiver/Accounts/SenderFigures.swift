public import Wire

/// What came from one sender, all of its ports together.
public struct SenderFigures: Equatable, Sendable {
  /// Who it is.
  public let sender: SenderAddress
  /// Source ports that it was seen to send from.
  public var ports = 0
  /// Datagrams that came from it, good and bad.
  public var datagrams: UInt64 = 0
  /// Their UDP payload in bytes.
  public var bytes: UInt64 = 0
  /// When the first came: nanoseconds since 1970, UTC.
  public var firstSeen = UInt64.max
  /// When the last came: nanoseconds since 1970, UTC.
  public var lastSeen: UInt64 = 0
  /// What it says it has sent, and how much of it did not come; all of its ports together.
  public var stream = StreamAccount.Figures()
  /// Its last report; nil: it has sent none.
  public var report: ReportFrame?

  /// The senders of all `ports`, in the order of their addresses.
  static func of(_ ports: some Sequence<SenderTable.Port>) -> [SenderFigures] {
    var found: [SenderAddress: SenderFigures] = [:]
    for port in ports {
      var figures = found[port.sender] ?? SenderFigures(sender: port.sender)
      figures.ports += 1
      figures.datagrams += port.datagrams
      figures.bytes += port.bytes
      figures.firstSeen = min(figures.firstSeen, port.firstSeen)
      figures.lastSeen = max(figures.lastSeen, port.lastSeen)
      figures.stream += port.figures
      if let report = port.stream.lastReport, report.clock >= figures.report?.clock ?? 0 { figures.report = report }
      found[port.sender] = figures
    }
    return found.values.sorted { ($0.sender.high, $0.sender.low) < ($1.sender.high, $1.sender.low) }
  }
}
