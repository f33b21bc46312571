import Foundation
import Mirror
import System
import Telemetry
import Testing
import Transport

/// Statistics in which no two figures are the same.
enum Fixture {
  /// Names that JSON must escape, and some that it must not.
  static let oddInterface = "eth0,we\"ird\\/\u{1}\u{7F}\né\u{2028}🦊"
  static let oddHost = "app-1\t\r\u{8}\u{C}\u{1F}\0</>"

  /// One that everything has happened to, and one that nothing has.
  static func collectors(_ base: UInt64) throws -> [CollectorReport] {
    var one = CollectorReport(address: try #require(SocketAddress(numeric: "192.0.2.1", port: 4_789)))
    one.sentDatagrams = base + 24
    one.sentBytes = base + 25
    one.failed = [EPERM: base + 26, 3: base + 27, EACCES: base + 28, ENOBUFS: base + 29, EINVAL: 0]
    one.icmp = ["port unreachable": base + 30, "host prohibited": base + 31, "nothing": 0]
    one.reports = base + 34
    one.lastError = "port unreachable from 192.0.2.10"
    return [one, CollectorReport(address: try #require(SocketAddress(numeric: "2001:db8::1", port: 4_790)))]
  }

  /// A moment of a forwarder with these counters.
  static func status(
    _ counters: Counters, _ collectors: [CollectorReport] = [], interface: String = "any", host: String = "app-1",
    mtu: Int? = 9_000, time: Int64 = 1_700_000_000_125_000_000
  ) -> ForwarderStatus {
    ForwarderStatus(
      version: "0.1.0", host: host, time: time, uptime: 1_000, interface: interface, engine: "ring", mtu: mtu, vni: 1,
      areCapturing: [true], collectors: collectors.map { .init(report: $0, pathMTU: nil) }, counters: counters)
  }

  /// An interval from 1,000,000 below to the moment at which everything is above 2,000,000.
  static func oddReport(isFinal: Bool = false) throws -> StatisticsReport {
    let before = UInt64(1_000_000)
    var status = status(counters(2 * before), try collectors(2 * before), interface: oddInterface, host: oddHost)
    status.flowShare = 0.125
    status.destination = "mirror.example.com,[2001:db8::1]:4790"
    status.unhealthy = "no destination: \"name\" has no address"
    status.lostLines = .init(log: 2 * before + 34, statistics: 2 * before + 35)
    var report = StatisticsReport(status, since: Counters(), [], milliseconds: 29_996, isFinal: isFinal)
    report.counters = counters(before)
    report.collectors = try collectors(before)
    return report
  }

  /// The object that a line of JSON is.
  static func object(_ line: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }
}
