import FoundationEssentials
public import Mirror
import System
import Transport

/// The figures of one interval, as they are printed.
public struct StatisticsReport: Sendable {
  /// End of the interval, seconds since 1970.
  public var time: Double
  /// Length of the interval in seconds, as measured.
  public var interval: Double
  /// Whether the program is ending.
  public var isFinal: Bool
  /// INTERFACE.
  public var interface: String
  /// Capture engine in use.
  public var engine: String
  /// Largest outer IP packet in bytes now allowed; nil without a destination.
  public var mtu: Int?
  /// What the interval counted.
  public var counters: Counters
  /// What was counted since start.
  public var total: Counters

  /// The line for `format`, without a newline.
  public func line(_ format: StatisticsFormat) -> String {
    switch format {
    case .text: text
    case .json: json
    }
  }

  private var text: String {
    let seconds = max(interval, 0.001)
    let counts = counters.capture
    let rate = Double(counts.captured) / seconds
    let bits = Double(counts.capturedBytes) * 8 / seconds / 1_000_000
    var parts = [
      "\(isFinal ? "final" : "stats") \(Self.rounded(interval, 1))s \(interface) \(engine) mtu \(mtu ?? 0)",
      "captured \(counts.captured) (\(Self.rounded(rate, 0))/s, \(Self.rounded(bits, 1)) Mbit/s)",
      "forwarded \(counters.send.forwardedFrames)",
      "sent \(counters.send.sentDatagrams) datagrams \(counters.send.sentBytes) bytes",
      "dropped \(dropped)",
      "kernel dropped \(counters.kernelDropped)",
      "segmented \(counts.segmented) fragmented \(counts.fragmented) truncated \(counts.truncated)",
      "checksums filled \(counts.checksumsFilled)",
    ]
    if isFinal {
      parts.append(
        "total captured \(total.capture.captured) forwarded \(total.send.forwardedFrames) "
          + "kernel dropped \(total.kernelDropped)")
    }
    return parts.joined(separator: ", ")
  }

  /// The sum, with what it is made of.
  private var dropped: String {
    let counts = counters.capture
    var reasons = [
      ("oversize", counts.droppedOversize), ("rate", counts.droppedRate), ("sample", counts.droppedSample),
      ("no destination", counts.droppedNoDestination),
    ]
    reasons += counters.send.droppedByName
    let named = reasons.filter { $0.1 > 0 }
    let sum = named.reduce(0) { $0 + $1.1 }
    guard sum > 0 else { return "0" }
    return "\(sum) (\(named.map { "\($0.0) \($0.1)" }.joined(separator: ", ")))"
  }

  private static func rounded(_ value: Double, _ digits: Int) -> String {
    let scale = digits == 0 ? 1.0 : 10.0
    let whole = Int64((value * scale).rounded())
    return digits == 0 ? "\(whole)" : "\(whole / 10).\(abs(whole % 10))"
  }

  private var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Numbers and strings only: cannot fail.
    guard let data = try? encoder.encode(StatisticsDocument(self)) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }
}

extension SendCounters {
  /// Frames lost in sending, by the name of the errno, without zeros.
  var droppedByName: [(String, UInt64)] {
    (0..<Self.errnoCount).compactMap { code in
      droppedFrames[code] > 0 ? (ErrnoName.of(CInt(code)), droppedFrames[code]) : nil
    }
  }
}
