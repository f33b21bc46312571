import Glibc
import System
import Testing
import Transport
import Wire

@testable import Check

@Suite struct PathTests {
  private func causes(_ path: SimulatedPath, wanted: Int = 9_000, isSniffing: Bool = false) -> [Cause] {
    PathJudge.findings(path.evidence(wanted: wanted).evidence, isSniffing: isSniffing).compactMap(\.cause)
  }

  private func evidence(_ reports: [ICMPReport] = [], failure: CInt? = nil) -> PathEvidence {
    var evidence = PathEvidence(SimulatedPath.collector, from: SimulatedPath.source, wanted: 1_500)
    var probe = PathEvidence.Probe(byteCount: 1_500)
    probe.reports = reports
    probe.failure = failure.map { SystemError(operation: "sendto", code: $0) }
    evidence.probes = [probe]
    return evidence
  }

  private func report(_ meaning: String, from sender: String?) -> ICMPReport {
    ICMPReport(
      meaning: meaning, sender: sender.flatMap { SocketAddress(numeric: $0, port: 0) }, code: EHOSTUNREACH)
  }

  @Test func twoProbesAreEnoughForAPathThatCarriesAll() {
    let (evidence, rounds) = SimulatedPath(carries: 9_000).evidence(wanted: 9_000)
    #expect(rounds == 1)
    #expect(evidence.probes.map(\.byteCount) == [9_000, 96])
    let findings = PathJudge.findings(evidence, isSniffing: false)
    #expect(findings.allSatisfy { $0.verdict == .fine })
    #expect(findings[0].text == "receive answers from 198.51.100.2:4789 after 1.234 ms")
    #expect(findings[1].text == "the path to 198.51.100.2:4789 carries packets of 9000 bytes")
  }

  /// With `receive` at the end any size is found to some bytes, in few rounds.
  @Test(arguments: [97, 500, 1_281, 1_400, 1_499, 1_500, 3_333, 8_500, 8_999])
  func aSilentPathIsMeasured(_ carries: Int) throws {
    let (evidence, rounds) = SimulatedPath(carries: carries).evidence(wanted: 9_000)
    #expect(rounds <= 6)
    let found = try #require(evidence.largestArrived)
    #expect((carries - 8...carries).contains(found), "\(found)")
    let finding = try #require(PathJudge.findings(evidence, isSniffing: false).last)
    #expect(finding.cause == .mtuBlackHole)
    #expect(finding.remedy?.hasPrefix("set MTU=\(found), or ") == true)
  }

  @Test func aRouterThatTellsIsBelievedOnceTheSizePasses() throws {
    let (evidence, rounds) = SimulatedPath(carries: 1_433, tells: true).evidence(wanted: 9_000)
    #expect(rounds == 2)
    let finding = try #require(PathJudge.findings(evidence, isSniffing: false).last)
    #expect(finding.cause == .mtuAbovePath)
    #expect(
      finding.text.contains("carries packets of 1433 bytes, says 192.0.2.254, a host on the way, and MTU is 9000"))
    #expect(finding.remedy?.hasPrefix("set MTU=1433;") == true)
  }

  /// A closed port answers a few probes only: the sizes that say most.
  @Test func aClosedPortIsAskedSparingly() {
    let path = SimulatedPath(carries: 1_450, isAnswering: false, refusals: 6)
    let (evidence, _) = path.evidence(wanted: 9_000)
    #expect(evidence.probes.count <= 6)
    #expect(evidence.largestArrived == 1_400)
    #expect(causes(path) == [.portClosed, .mtuBlackHole])
    #expect(causes(path, isSniffing: true) == [.mtuBlackHole])
    #expect(causes(SimulatedPath(carries: 9_000, isAnswering: false)) == [.portClosed])
    #expect(causes(SimulatedPath(carries: 9_000, isAnswering: false), isSniffing: true) == [])
  }

  /// Nothing that is heard is nothing that is known.
  @Test func silenceIsNoCause() {
    let findings = PathJudge.findings(evidence(), isSniffing: false)
    #expect(findings.map(\.verdict) == [.note, .note])
    #expect(findings[1].text.contains("cannot be told"))
  }

  @Test(arguments: [
    (
      "host prohibited", "198.51.100.2", Cause.prohibited, "\"host prohibited\" says 198.51.100.2, the collector's host"
    ),
    ("communication prohibited", "192.0.2.254", .prohibited, "says 192.0.2.254, a host on the way"),
    ("communication prohibited", "192.0.2.1", .prohibited, "says 192.0.2.1, this host"),
    ("host unreachable", "192.0.2.1", .unreachable, "nobody on the link answers"),
    ("network unreachable", "192.0.2.254", .unreachable, "\"network unreachable\" says 192.0.2.254"),
    ("time exceeded", "192.0.2.254", .unreachable, "\"time exceeded\""),
    ("port unreachable", "198.51.100.2", .portClosed, "nobody listens on 198.51.100.2:4789"),
  ])
  func whatICMPSays(_ meaning: String, _ sender: String, _ cause: Cause, _ words: String) throws {
    let finding = try #require(
      PathJudge.findings(evidence([report(meaning, from: sender)]), isSniffing: false).first)
    #expect(finding.cause == cause)
    #expect(finding.text.contains(words), "\(finding.text)")
  }

  @Test func whatIsUnknownIsANote() throws {
    let finding = try #require(
      PathJudge.findings(evidence([report("ICMP type 42 code 7", from: nil)]), isSniffing: false).first)
    #expect(finding.verdict == .note)
    #expect(finding.text.contains("says an unnamed host"))
  }

  /// That of a router is no sign that datagrams come to a collector that sniffs.
  @Test func aRoutersRefusalIsNoSniffer() {
    let refused = evidence([report("port unreachable", from: "192.0.2.254")])
    #expect(PathJudge.findings(refused, isSniffing: true).compactMap(\.cause) == [.portClosed])
  }

  @Test(arguments: [
    (EPERM, Cause.firewallHere), (ENETUNREACH, .noRoute), (EINVAL, .noRoute), (EACCES, .noRoute),
  ])
  func whatCannotBeSent(_ code: CInt, _ cause: Cause) {
    #expect(PathJudge.findings(evidence(failure: code), isSniffing: false).map(\.cause) == [cause])
  }

  @Test func anotherVNI() {
    var taken = evidence()
    let asked = ProbeFrame(number: 0, packetByteCount: 1_500, token: 1)
    taken.probes[0].answer = ProbeFrame(answering: asked, packetByteCount: 1_500, isTaken: false)
    #expect(PathJudge.findings(taken, isSniffing: false).compactMap(\.cause) == [.otherVNI])
  }
}
