import FoundationEssentials
import Mirror
import Transport

/// The statistics as a JSON object. Key names are a contract; see README.md.
struct StatisticsDocument: Encodable {
  private let report: StatisticsReport

  init(_ report: StatisticsReport) {
    self.report = report
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(Self.timestamp(report.time), forKey: Key("time"))
    try container.encode((report.interval * 1_000).rounded() / 1_000, forKey: Key("interval"))
    try container.encode(report.isFinal, forKey: Key("final"))
    try container.encode(report.interface, forKey: Key("interface"))
    try container.encode(report.engine, forKey: Key("engine"))
    try container.encode(report.mtu ?? 0, forKey: Key("mtu"))
    try Self.encode(report.counters, to: &container)
    var total = container.nestedContainer(keyedBy: Key.self, forKey: Key("total"))
    try Self.encode(report.total, to: &total)
  }

  private static func encode(_ counters: Counters, to container: inout KeyedEncodingContainer<Key>) throws {
    let figures: [(String, UInt64)] = [
      ("captured_packets", counters.capture.captured),
      ("captured_bytes", counters.capture.capturedBytes),
      ("forwarded_packets", counters.send.forwardedFrames),
      ("sent_datagrams", counters.send.sentDatagrams),
      ("sent_bytes", counters.send.sentBytes),
      ("kernel_dropped_packets", counters.kernelDropped),
      ("segmented_packets", counters.capture.segmented),
      ("fragmented_packets", counters.capture.fragmented),
      ("truncated_packets", counters.capture.truncated),
      ("checksums_filled", counters.capture.checksumsFilled),
    ]
    for (name, value) in figures { try container.encode(value, forKey: Key(name)) }
    var dropped = container.nestedContainer(keyedBy: Key.self, forKey: Key("dropped_packets"))
    try dropped.encode(counters.capture.droppedOversize, forKey: Key("oversize"))
    try dropped.encode(counters.capture.droppedRate, forKey: Key("rate"))
    try dropped.encode(counters.capture.droppedSample, forKey: Key("sample"))
    try dropped.encode(counters.capture.droppedNoDestination, forKey: Key("no_destination"))
    var send = dropped.nestedContainer(keyedBy: Key.self, forKey: Key("send"))
    for (name, value) in counters.send.droppedByName { try send.encode(value, forKey: Key(name)) }
  }

  /// RFC 3339 in UTC with milliseconds.
  private static func timestamp(_ seconds: Double) -> String {
    Date(timeIntervalSince1970: seconds).formatted(.iso8601WithTimeZone(includingFractionalSeconds: true))
  }
}

extension FormatStyle where Self == Date.ISO8601FormatStyle {
  /// Date, time, and `Z`.
  fileprivate static func iso8601WithTimeZone(includingFractionalSeconds: Bool) -> Self {
    Date.ISO8601FormatStyle(includingFractionalSeconds: includingFractionalSeconds)
  }
}
