internal import System

/// Turns counters into the statistics lines of the receiving side. Each line covers the time since the one before,
/// as measured; the last covers everything.
public struct ReceiveReport: Sendable {
  /// How a line looks.
  public enum Format: String, CaseIterable, Sendable {
    /// For people.
    case text
    /// One JSON object.
    case json
  }

  private let format: Format
  private let start = UInt64(MonotonicClock.nanoseconds)
  private var lastTime: UInt64
  private var last = ReceiveCounters()

  /// Time runs from here.
  public init(format: Format) {
    self.format = format
    lastTime = start
  }

  /// The line for the interval that ends now, without a line end.
  ///
  /// - Parameters:
  ///   - total: the counters since the start.
  ///   - isFinal: whether no other line will follow. In text it then shows the totals.
  public mutating func line(total: ReceiveCounters, isFinal: Bool) -> String {
    let time = UInt64(MonotonicClock.nanoseconds)
    let interval = total.since(last)
    let elapsed = time - lastTime
    last = total
    lastTime = time
    switch format {
    case .text:
      return isFinal
        ? Self.text(total, nanoseconds: time - start, label: "received in all")
        : Self.text(interval, nanoseconds: elapsed, label: "received")
    case .json:
      return Self.json(interval, total: total, nanoseconds: elapsed, isFinal: isFinal)
    }
  }

  private static func text(_ counters: ReceiveCounters, nanoseconds: UInt64, label: String) -> String {
    "\(label) in \(seconds(nanoseconds)) s: \(counters.datagrams) datagrams (\(counters.bytes) bytes), "
      + "\(counters.frames) frames (\(counters.frameBytes) bytes), \(counters.undelivered) not written, "
      + "\(counters.invalidHeaders) with an invalid header, "
      + "\(counters.otherVNI) of other VNIs, \(counters.truncated) truncated, "
      + "\(counters.kernelDropped) dropped by the kernel"
  }

  private static func json(
    _ interval: ReceiveCounters, total: ReceiveCounters, nanoseconds: UInt64, isFinal: Bool
  ) -> String {
    "{\"time\":\"\(UTCTime.rfc3339(UInt64(WallClock.nanosecondsSince1970)))\",\"interval\":\(seconds(nanoseconds)),\"final\":\(isFinal),"
      + "\(members(interval)),\"total\":{\(members(total))}}"
  }

  private static func members(_ counters: ReceiveCounters) -> String {
    "\"received_datagrams\":\(counters.datagrams),\"received_bytes\":\(counters.bytes),"
      + "\"delivered_frames\":\(counters.frames),\"delivered_bytes\":\(counters.frameBytes),"
      + "\"undelivered_frames\":\(counters.undelivered),"
      + "\"invalid_headers\":\(counters.invalidHeaders),\"other_vni\":\(counters.otherVNI),"
      + "\"truncated_datagrams\":\(counters.truncated),"
      + "\"kernel_dropped_datagrams\":\(counters.kernelDropped)"
  }

  /// Seconds with three decimals.
  private static func seconds(_ nanoseconds: UInt64) -> String {
    let milliseconds = nanoseconds / 1_000_000
    let fraction = String(milliseconds % 1000)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }
}
