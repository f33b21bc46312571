import Glibc
import System
import Transport
import Wire

/// Says what the probes to a collector have shown.
struct PathJudge {
  private let evidence: PathEvidence
  private let isSniffing: Bool

  /// What is to be said. `isSniffing`: whether the collector is known to have no socket on its port.
  static func findings(_ evidence: PathEvidence, isSniffing: Bool) -> [Finding] {
    let judge = PathJudge(evidence: evidence, isSniffing: isSniffing)
    if let failure = evidence.probes.compactMap(\.failure).first(where: { $0.code != EMSGSIZE }) {
      return [judge.unsent(failure)]
    }
    return judge.arrival + judge.size
  }

  private var address: SocketAddress { evidence.address }

  private func unsent(_ failure: SystemError) -> Finding {
    if failure.code == EPERM {
      return .cause(.firewallHere, "firewall", "a firewall on this host forbids datagrams to \(address) (EPERM)")
    }
    let isRoute = [ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, ENETDOWN].contains(failure.code)
    if isRoute { return RouteProbe.noRoute(to: address, failure) }
    return .note("collector", "no probe could be sent to \(address): \(failure)")
  }

  /// Whether datagrams come to the collector.
  private var arrival: [Finding] {
    var findings: [Finding] = []
    if let answer = evidence.probes.lazy.compactMap(\.answer).first {
      if answer.isTaken {
        findings.append(.fine("collector", "receive answers from \(address) after \(roundTrip)"))
      } else {
        findings.append(
          .cause(.otherVNI, "collector", "receive answers from \(address), but it takes another VNI (--vni) than VNI"))
      }
    }
    // Each once: several probes meet the same.
    var seen: [ICMPReport] = []
    for report in evidence.refusals where !seen.contains(where: { $0.meaning == report.meaning }) {
      seen.append(report)
      findings.append(refusal(report))
    }
    if findings.isEmpty { findings.append(silence) }
    return findings
  }

  private var silence: Finding {
    .note(
      "collector",
      "\(address) neither answers nor refuses: so do a collector that is not receive, and a firewall or security group that "
        + "drops",
      remedy: "to be sure, run packet-forwarder receive there, and this check again")
  }

  private func refusal(_ report: ICMPReport) -> Finding {
    let said = "\"\(report.meaning)\" says \(sender(report))"
    switch report.meaning {
    case "port unreachable":
      if isSniffing, report.sender?.bytes == address.bytes {
        return .fine("collector", "datagrams come to \(address.host), which sniffs (\(said))")
      }
      return .cause(.portClosed, "collector", "nobody listens on \(address): \(said)")
    case "host prohibited", "network prohibited", "communication prohibited", "rejected by policy":
      return .cause(
        .prohibited, "firewall", "datagrams to \(address) are refused: \(said)",
        remedy: "allow UDP port \(address.port) in the firewall of \(sender(report))")
    case "network unreachable", "host unreachable", "no route", "time exceeded", "source route failed",
      "protocol unreachable":
      let isHere = report.sender?.bytes == evidence.source.bytes
      let why = isHere ? "nobody on the link answers for the address of the next hop" : said
      return .cause(.unreachable, "collector", "\(address) cannot be reached: \(why)")
    default:
      return .note("collector", "an ICMP error about a datagram to \(address): \(said)")
    }
  }

  private func sender(_ report: ICMPReport) -> String {
    guard let sender = report.sender else { return "an unnamed host" }
    switch sender.bytes {
    case address.bytes: return "\(sender.host), the collector's host"
    case evidence.source.bytes: return "\(sender.host), this host"
    default: return "\(sender.host), a host on the way"
    }
  }

  private var roundTrip: String {
    let microseconds = (evidence.roundTrip ?? 0) / 1_000
    return "\(microseconds / 1_000).\(String(1_000 + microseconds % 1_000).dropFirst()) ms"
  }

  /// What the path carries.
  private var size: [Finding] {
    let wanted = evidence.wanted
    guard let arrived = evidence.largestArrived else {
      guard let told = evidence.told else {
        return [
          .note("path MTU", "what the path to \(address) carries cannot be told: no probe is known to have arrived")
        ]
      }
      return [narrow(told)]
    }
    guard arrived < wanted, let lost = evidence.smallestLost else {
      return [.fine("path MTU", "the path to \(address) carries packets of \(arrived) bytes")]
    }
    if let told = evidence.told, told.mtu == arrived { return [narrow(told)] }
    return [
      .cause(
        .mtuBlackHole, "path MTU",
        "packets of \(lost) bytes to \(address) get lost without a word; the largest that arrived has \(arrived), MTU is "
          + "\(wanted)",
        remedy: "set MTU=\(arrived), or allow ICMP \"fragmentation needed\" on the way")
    ]
  }

  private func narrow(_ told: (mtu: Int, report: ICMPReport)) -> Finding {
    .cause(
      .mtuAbovePath, "path MTU",
      "the path to \(address) carries packets of \(told.mtu) bytes, says \(sender(told.report)), and MTU is "
        + "\(evidence.wanted)",
      remedy: "set MTU=\(told.mtu); the forwarder lowers it by itself, at the price of some datagrams")
  }
}
