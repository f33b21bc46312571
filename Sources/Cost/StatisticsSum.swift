import Telemetry
import Wire

/// What lines of statistics (STAT_FORMAT json or emf) say was sent, and what each rule left out.
package struct StatisticsSum: Equatable, Sendable {
  /// Rules, by their settings, as the statistics name them.
  private static let rules = [("encrypted", "ENCRYPTED"), ("depth", "FLOW_DEPTH"), ("other_side", "MIRROR")]

  /// Lines of statistics so far.
  package private(set) var lines = 0
  /// Seconds that they are about.
  package private(set) var seconds = 0.0
  private var datagrams: UInt64 = 0
  private var bytes: UInt64 = 0
  private var withheldPackets: [String: UInt64] = [:]
  private var withheldBytes: [String: UInt64] = [:]
  /// What the kernel's filter kept out for a rule, about.
  private var kernelBytes: UInt64 = 0

  /// Nothing yet.
  package init() {}

  /// Adds a line; others, such as those of a log, are passed over.
  package mutating func add(_ line: [UInt8]) {
    guard line.first == UInt8(ascii: "{"), let document = JSONValue(parsing: line),
      let interval = document["interval"]?.double, let sent = document["sent_bytes"]?.count,
      let datagrams = document["sent_datagrams"]?.count, interval.isFinite, interval >= 0
    else { return }
    lines += 1
    seconds += interval
    bytes &+= sent
    self.datagrams &+= datagrams
    kernelBytes &+= document["kernel_withheld_bytes"]?.count ?? 0
    for (rule, _) in Self.rules {
      withheldPackets[rule, default: 0] &+= document["withheld_packets"]?[rule]?.count ?? 0
      withheldBytes[rule, default: 0] &+= document["withheld_bytes"]?[rule]?.count ?? 0
    }
  }

  /// Everything, what is left of it by each rule that was on, and as it is. What was not sent is told as frames: each is
  /// taken for one datagram over IPv4; what the kernel's filter kept out is told in bytes only.
  package var rows: [CostReport.Row] {
    let on = Self.rules.filter { withheldBytes[$0.0, default: 0] > 0 }
    func withheld(_ rule: String) -> (packets: UInt64, bytes: UInt64) {
      let packets = withheldPackets[rule, default: 0]
      return (packets, withheldBytes[rule, default: 0] &+ packets &* UInt64(Tunnel.overhead(isIPv6: false)))
    }
    let all = on.map { withheld($0.0) }.reduce((datagrams, bytes &+ kernelBytes)) {
      ($0.0 &+ $1.packets, $0.1 &+ $1.bytes)
    }
    let each = on.map { rule, setting in
      let part = withheld(rule)
      return CostReport.Row("\(setting) alone", datagrams: all.0 &- part.packets, bytes: all.1 &- part.bytes)
    }
    let whole = CostReport.Row("everything", datagrams: all.0, bytes: all.1)
    let kernel = CostReport.Row("the kernel's filter alone", datagrams: all.0, bytes: all.1 &- kernelBytes)
    return [whole] + each + (kernelBytes > 0 ? [kernel] : []) + [
      CostReport.Row("as it is", datagrams: datagrams, bytes: bytes)
    ]
  }
}
