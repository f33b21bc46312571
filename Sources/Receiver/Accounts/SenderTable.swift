internal import Wire

/// Who has sent, and how much: an account for each source port of each sender.
///
/// A forwarder sends both directions of a flow from one port, and the kernel hands what comes from one port to one
/// socket: a port's account belongs to one worker, and sees its datagrams in the order in which they came.
public struct SenderTable: Sendable {
  /// What came from one source port.
  public struct Port: Equatable, Sendable {
    /// Whose it is.
    public let sender: SenderAddress
    /// UDP source port, host byte order.
    public let number: UInt16
    /// Datagrams that came from it, good and bad.
    public var datagrams: UInt64 = 0
    /// Their UDP payload in bytes.
    public var bytes: UInt64 = 0
    /// When the first came: nanoseconds since 1970, UTC.
    public let firstSeen: UInt64
    /// When the last came.
    public var lastSeen: UInt64
    /// What the sender says it has sent from it.
    public var stream = StreamAccount()
    /// Requests for reports that were sent to it since the last report.
    var requests = 0
    /// When the next may be sent, nanoseconds of `MonotonicClock`.
    var nextRequest: Int64 = 0
    /// Datagrams that had come by the last request: where none has come since, nobody is there to be asked.
    var datagramsAtRequest: UInt64 = 0

    /// What was sent, and how much of it did not come.
    public var figures: StreamAccount.Figures { stream.figures(received: datagrams) }
  }

  private struct Key: Hashable {
    var sender: SenderAddress
    var number: UInt16
  }

  /// Accounts at most; what comes from any more ports is in `unlisted`.
  public static let capacity = 4_096

  /// In the order in which they were first seen.
  public private(set) var ports: [Port] = []
  /// Datagrams from ports that there was no room for.
  public private(set) var unlisted: UInt64 = 0
  private var places: [Key: Int] = [:]
  /// Most messages come from the port that the one before came from.
  private var last = 0

  /// Nobody yet.
  public init() {}

  /// Counts `datagrams` of `bytes` in all from a port, received at `timestamp`.
  mutating func count(_ sender: SenderAddress, _ number: UInt16, datagrams: Int, bytes: Int, at timestamp: UInt64) {
    guard let place = place(sender, number, timestamp) else {
      unlisted += UInt64(datagrams)
      return
    }
    ports[place].datagrams += UInt64(datagrams)
    ports[place].bytes += UInt64(bytes)
    // Stamps are the system's clock, which may be set back.
    ports[place].lastSeen = max(ports[place].lastSeen, timestamp)
    last = place
  }

  /// Takes in a report that came from a port, after what came before it was counted.
  mutating func take(
    _ report: ReportFrame, from sender: SenderAddress, _ number: UInt16, at timestamp: UInt64, now: Int64, start: Int64
  ) {
    guard let place = place(sender, number, timestamp) else { return }
    ports[place].stream.take(report, received: ports[place].datagrams, stamp: timestamp, now: now, start: start)
    ports[place].requests = 0
    ports[place].nextRequest = now + ReportRequests.renewal
  }

  /// A datagram from a port, counted or about to be, is none for which to ask for reports.
  mutating func excuse(_ sender: SenderAddress, _ number: UInt16, at timestamp: UInt64) {
    guard let place = place(sender, number, timestamp) else { return }
    ports[place].datagramsAtRequest &+= 1
  }

  /// Ports that are to be asked for reports now (nanoseconds of `MonotonicClock`), and notes that they were.
  mutating func portsToAsk(now: Int64) -> [(sender: SenderAddress, number: UInt16)] {
    var found: [(sender: SenderAddress, number: UInt16)] = []
    for place in ports.indices {
      guard ports[place].nextRequest <= now, ports[place].datagrams != ports[place].datagramsAtRequest,
        ports[place].number >= ReportRequests.lowestPort
      else { continue }
      found.append((ports[place].sender, ports[place].number))
      ports[place].requests += 1
      ports[place].nextRequest = now &+ ReportRequests.pause(after: ports[place].requests)
      ports[place].datagramsAtRequest = ports[place].datagrams
      if found.count == ReportRequests.most { break }
    }
    return found
  }

  private mutating func place(_ sender: SenderAddress, _ number: UInt16, _ timestamp: UInt64) -> Int? {
    if last < ports.count, ports[last].sender == sender, ports[last].number == number { return last }
    let key = Key(sender: sender, number: number)
    if let known = places[key] { return known }
    guard ports.count < Self.capacity else { return nil }
    ports.append(Port(sender: sender, number: number, firstSeen: timestamp, lastSeen: timestamp))
    places[key] = ports.count - 1
    return ports.count - 1
  }
}
