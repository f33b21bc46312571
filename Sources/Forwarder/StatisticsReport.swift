import FoundationEssentials
public import Mirror
import System
public import Transport

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
  /// Name of the machine.
  public var host: String
  /// What the interval counted.
  public var counters: Counters
  /// What was counted since start.
  public var total: Counters
  /// What the interval sent to each collector.
  public var collectors: [CollectorReport]
  /// What was sent to each collector since start.
  public var totalCollectors: [CollectorReport]

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
    if counters.blindMilliseconds > 0 { parts.append("blind \(counters.blindMilliseconds) ms") }
    if isFinal {
      parts.append(
        "total captured \(total.capture.captured) forwarded \(total.send.forwardedFrames) "
          + "kernel dropped \(total.kernelDropped)")
    }
    return parts.joined(separator: ", ")
  }

  /// The sum, with what it is made of.
  private var dropped: String {
    let reasons = counters.dropReasons
    guard !reasons.isEmpty else { return "0" }
    return "\(counters.dropped) (\(reasons.map { "\($0.name) \($0.frames)" }.joined(separator: ", ")))"
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

extension Counters {
  /// Captured frames that were not sent, by reason, without zeros.
  var dropReasons: [(name: String, frames: UInt64)] {
    let own = [
      ("oversize", capture.droppedOversize), ("rate", capture.droppedRate), ("sample", capture.droppedSample),
      ("loop", capture.droppedLoop), ("no destination", capture.droppedNoDestination),
    ]
    return (own + send.droppedByName).filter { $0.1 > 0 }.map { (name: $0.0, frames: $0.1) }
  }

  /// Captured frames that were not sent.
  var dropped: UInt64 { dropReasons.reduce(0) { $0 + $1.frames } }
}

extension SendCounters {
  /// Frames lost in sending, by the name of the errno, without zeros.
  var droppedByName: [(String, UInt64)] {
    (0..<Self.errnoCount).compactMap { code in
      droppedFrames[code] > 0 ? (ErrnoName.of(CInt(code)), droppedFrames[code]) : nil
    }
  }
}
