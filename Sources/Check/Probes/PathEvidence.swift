import Glibc
import System
import Transport
import Wire

/// What became of the probes to one collector.
struct PathEvidence: Sendable {
  /// One probe.
  struct Probe: Sendable {
    /// Bytes of its outer IP packet.
    let byteCount: Int
    /// Why it did not leave.
    var failure: SystemError?
    /// What `receive` answered.
    var answer: ProbeFrame?
    /// Nanoseconds until then.
    var roundTrip: Int64?
    /// ICMP errors about it.
    var reports: [ICMPReport] = []

    /// Whether anything has been heard of it.
    var isSettled: Bool { failure != nil || answer != nil || !reports.isEmpty }

    /// A probe of so many bytes, of which nothing has been heard.
    init(byteCount: Int) { self.byteCount = byteCount }
  }

  /// The collector.
  let address: SocketAddress
  /// The address that probes leave from.
  let source: SocketAddress
  /// Bytes of the largest packet that the forwarder would send.
  let wanted: Int
  /// In the order in which they were sent.
  var probes: [Probe] = []

  /// Evidence of a path, without any probe yet.
  init(_ address: SocketAddress, from source: SocketAddress, wanted: Int) {
    self.address = address
    self.source = source
    self.wanted = wanted
  }

  /// Bytes of the smallest probe.
  var least: Int { address.overhead + Tunnel.headerByteCount + ProbeFrame.byteCount }

  /// Whether the probe came to the collector's host: it was answered, or that host itself refused it.
  func hasArrived(_ probe: Probe) -> Bool {
    probe.answer != nil
      || probe.reports.contains { $0.mtu == nil && $0.code != EMSGSIZE && $0.sender?.bytes == address.bytes }
  }

  /// Bytes of the largest probe that came to the collector's host; nil if none did.
  var largestArrived: Int? { probes.filter(hasArrived).map(\.byteCount).max() }

  /// Bytes of the smallest probe that did not, though a smaller one did.
  var smallestLost: Int? {
    guard let arrived = largestArrived else { return nil }
    return probes.map(\.byteCount).filter { $0 > arrived }.min()
  }

  /// The least MTU that a router has told of, and who it was; nil if none has.
  var told: (mtu: Int, report: ICMPReport)? {
    let all = probes.flatMap(\.reports).compactMap { report in report.mtu.map { (mtu: $0, report: report) } }
    return all.min { $0.mtu < $1.mtu }
  }

  /// Whether `receive` answers.
  var isAnswered: Bool { probes.contains { $0.answer != nil } }

  /// The shortest time to an answer, in nanoseconds.
  var roundTrip: Int64? { probes.compactMap(\.roundTrip).min() }

  /// ICMP errors other than those about the size.
  var refusals: [ICMPReport] { probes.flatMap(\.reports).filter { $0.code != EMSGSIZE } }
}
