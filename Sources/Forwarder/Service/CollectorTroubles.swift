import Glibc
import Logging
import System
import Telemetry
import Transport

/// What goes wrong with each collector, in lines of the log.
struct CollectorTroubles {
  /// A trouble of one collector.
  private struct Subject: Hashable {
    var address: SocketAddress
    /// An ICMP message; nil for sends that fail.
    var icmp: String?
  }

  /// Milliseconds for which a port that nobody listens on is not said again: a collector that only sniffs has no socket,
  /// and that is how most work.
  private static let harmlessSilence: Int64 = 3_600_000

  private var last: [CollectorReport] = []
  private var said: [Subject: Repetition] = [:]
  /// Datagrams that failed since the failure was said, by collector.
  private var failing: [SocketAddress: UInt64] = [:]
  /// Whether a send failed since the last look.
  private(set) var areFailing = false

  /// Looks at the counters of this moment.
  ///
  /// - Returns: what there is to say.
  mutating func tick(now: Int64, _ reports: [CollectorReport]) -> [TroubleWatch.Line] {
    let new = reports.since(last)
    last = reports
    areFailing = false
    var lines: [TroubleWatch.Line] = []
    for report in new {
      lines += failures(report, now: now)
      for (what, count) in report.icmp.sorted(by: { $0.key < $1.key }) {
        lines += message(what, count, report, now: now)
      }
    }
    // Collectors that are gone are not in trouble any more.
    let addresses = Set(reports.map(\.address))
    said = said.filter { addresses.contains($0.key.address) }
    failing = failing.filter { addresses.contains($0.key) }
    return lines
  }

  private mutating func failures(_ report: CollectorReport, now: Int64) -> [TroubleWatch.Line] {
    let count = report.failed.values.reduce(0, +)
    areFailing = areFailing || count > 0
    if count > 0, let known = failing[report.address] { failing[report.address] = known + count }
    if let all = said[Subject(address: report.address), default: Repetition()].count(count, now: now) {
      failing[report.address] = max(all, failing[report.address] ?? 0)
      // What failed in a minute may be of several kinds; those of the last second stand for it.
      let names = (report.failed.isEmpty ? nil : Self.names(report.failed)) ?? report.lastError ?? "for several reasons"
      return [
        TroubleWatch.Line(
          level: .warning, text: "\(all) datagrams to \(report.address) were not sent: \(names)")
      ]
    }
    guard count == 0, report.sentDatagrams > 0, let all = failing.removeValue(forKey: report.address) else { return [] }
    said[Subject(address: report.address)]?.forget()
    return [
      TroubleWatch.Line(
        level: .notice, text: "datagrams to \(report.address) are sent again, after \(all) that were not")
    ]
  }

  private mutating func message(
    _ what: String, _ count: UInt64, _ report: CollectorReport, now: Int64
  ) -> [TroubleWatch.Line] {
    let isHarmless = what == "port unreachable"
    let silence = isHarmless ? Self.harmlessSilence : TroubleWatch.silence
    let subject = Subject(address: report.address, icmp: what)
    guard let all = said[subject, default: Repetition()].count(count, now: now, silence: silence) else { return [] }
    if isHarmless {
      return [
        TroubleWatch.Line(level: .notice, text: "\(what) from \(report.address.host): harmless if it only sniffs")
      ]
    }
    // The last error may name the router that says so.
    let sender = report.lastError.flatMap { $0.hasPrefix("\(what) from ") ? $0 : nil } ?? what
    return [
      TroubleWatch.Line(
        level: .warning, text: "\(all) ICMP errors about datagrams to \(report.address): \(sender)")
    ]
  }

  /// `ENETUNREACH (Network is unreachable), EPERM (Operation not permitted)`.
  private static func names(_ failed: [CInt: UInt64]) -> String {
    failed.keys.sorted().map { code in
      "\(ErrnoName.of(code)) (\(SystemError(operation: "send", code: code).reason))"
    }.joined(separator: ", ")
  }
}
