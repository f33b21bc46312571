internal import Wire

/// When senders are asked for reports of what they have sent (`ReportFrame`): at once when one is new, a few times more
/// where none comes, and again before a request runs out. A sender that knows nothing of reports is left alone.
enum ReportRequests {
  /// Nanoseconds from a report to the next request.
  static let renewal: Int64 = 10_000_000_000
  /// Requests that go out in a row.
  static let tries = 3
  /// Nanoseconds between these, and after the last of them.
  private static let pauses: (short: Int64, long: Int64) = (3_000_000_000, 300_000_000_000)
  /// Requests at one time: nobody can have this receiver send more by inventing senders.
  static let most = 100
  /// The lowest port that is asked: below it are services, not forwarders.
  static let lowestPort: UInt16 = 1_024

  /// Nanoseconds until the next request after so many without a report.
  static func pause(after requests: Int) -> Int64 { requests % tries == 0 ? pauses.long : pauses.short }

  /// The datagram. Its VNI is of no meaning.
  static let datagram: [UInt8] =
    [VXLANHeader.identifierFlag, 0, 0, 0, 0, 0, 0, 0] + ControlFrame.bytes(.request, body: [])
}
