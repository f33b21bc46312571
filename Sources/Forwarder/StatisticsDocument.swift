import FoundationEssentials
import Mirror
import System
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
    try container.encode(Version.current, forKey: Key("version"))
    try container.encode(report.host, forKey: Key("host"))
    try Self.encode(report.counters, report.collectors, to: &container)
    var total = container.nestedContainer(keyedBy: Key.self, forKey: Key("total"))
    try Self.encode(report.total, report.totalCollectors, to: &total)
  }

  private static func encode(
    _ counters: Counters, _ collectors: [CollectorReport], to container: inout KeyedEncodingContainer<Key>
  ) throws {
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
      ("blind_milliseconds", counters.blindMilliseconds),
      ("dropped_total", counters.dropped),
    ]
    for (name, value) in figures { try container.encode(value, forKey: Key(name)) }
    var dropped = container.nestedContainer(keyedBy: Key.self, forKey: Key("dropped_packets"))
    try dropped.encode(counters.capture.droppedOversize, forKey: Key("oversize"))
    try dropped.encode(counters.capture.droppedRate, forKey: Key("rate"))
    try dropped.encode(counters.capture.droppedSample, forKey: Key("sample"))
    try dropped.encode(counters.capture.droppedLoop, forKey: Key("loop"))
    try dropped.encode(counters.capture.droppedNoDestination, forKey: Key("no_destination"))
    var send = dropped.nestedContainer(keyedBy: Key.self, forKey: Key("send"))
    for (name, value) in counters.send.droppedByName { try send.encode(value, forKey: Key(name)) }
    var list = container.nestedUnkeyedContainer(forKey: Key("collectors"))
    for collector in collectors {
      var object = list.nestedContainer(keyedBy: Key.self)
      try encode(collector, to: &object)
    }
  }

  private static func encode(_ collector: CollectorReport, to container: inout KeyedEncodingContainer<Key>) throws {
    try container.encode(collector.address.description, forKey: Key("address"))
    try container.encode(collector.sentDatagrams, forKey: Key("sent_datagrams"))
    try container.encode(collector.sentBytes, forKey: Key("sent_bytes"))
    var failed = container.nestedContainer(keyedBy: Key.self, forKey: Key("failed"))
    for (code, count) in collector.failed where count > 0 {
      try failed.encode(count, forKey: Key(ErrnoName.of(code)))
    }
    var icmp = container.nestedContainer(keyedBy: Key.self, forKey: Key("icmp"))
    for (what, count) in collector.icmp where count > 0 { try icmp.encode(count, forKey: Key(what)) }
    try container.encode(collector.lastError, forKey: Key("last_error"))
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
