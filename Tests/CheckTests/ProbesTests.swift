import Capture
import Forwarder
import Glibc
import Synchronization
import System
import Testing
import Transport

@testable import Check

@Suite struct ProbesTests {
  @Test func everyBadValueIsNamed() {
    let (settings, findings) = SettingsProbe.run(
      SettingSource(
        flags: ["interface": "nosuch0"],
        environment: ["MTU": "abc", "VNI": "7", "DESTINATON": "192.0.2.1", "BPF_FLITER": "tcp"]))
    #expect(settings.vni == 7)
    #expect(settings.mtu == nil)
    #expect(
      findings.compactMap(\.cause)
        == [.badSetting, .noSuchInterface, .badSetting, .misspeltVariable, .misspeltVariable])
    #expect(findings[0].text.hasPrefix("DESTINATION is not set, but DESTINATON is"))
    #expect(findings[1].text.hasPrefix("--interface=nosuch0 makes no sense"))
    #expect(findings[2].text.hasPrefix("MTU=abc makes no sense"))
    #expect(findings[3].remedy == "rename BPF_FLITER to BPF_FILTER, or remove it")
  }

  @Test func goodSettingsAreListed() {
    let (_, findings) = SettingsProbe.run(
      SettingSource(flags: ["mtu": "1500"], environment: ["DESTINATION": "192.0.2.1", "LOGLEVEL": "debug"]))
    #expect(findings == [.fine("settings", "all make sense: DESTINATION, --mtu, LOGLEVEL")])
  }

  /// Names are looked up side by side, and none is waited for longer than there is time.
  @Test func names() throws {
    let gate = try Event()
    let destinations = ["slow", "unknown", "known", "192.0.2.7"].map { Destination(host: $0) }
    let (addresses, findings) = NameProbe.run(destinations, until: TimeLimit(milliseconds: 500)) {
      (destination) throws(Resolver.Failure) in
      switch destination.host {
      case "slow":
        gate.wait(milliseconds: 20_000)
        return []
      case "unknown": throw Resolver.Failure(host: destination.host, reason: "no such name")
      case "known": return [SocketAddress(numeric: "192.0.2.7", port: 4789)!]
      default: return [destination.numericAddress!]
      }
    }
    gate.set()
    #expect(addresses.map(\.description) == ["192.0.2.7:4789"])
    #expect(
      findings.map(\.text) == [
        "slow: DNS does not answer in time", "unknown has no address: no such name", "known is 192.0.2.7",
      ])
    #expect(findings.map(\.cause) == [.noSuchName, .noSuchName, nil])
  }

  @Test func whatACaptureThatFailsMeans() {
    let meanings: [(CaptureError, Cause)] = [
      (.notPermitted, .noPermission), (.noSuchInterface(name: "a", existing: []), .noSuchInterface),
      (.interfaceDown(name: "a"), .interfaceDown), (.unsupportedLinkType(interface: "a", linkType: "b"), .linkType),
      (.filter(expression: "a", message: "b"), .filterSyntax), (.unsupported(operation: "a", reason: "b"), .noCapture),
      (.failed(operation: "a", reason: "b"), .noCapture),
    ]
    for (error, cause) in meanings { #expect(CaptureProbe.finding(error).cause == cause) }
  }

  @Test func otherForwarders() {
    #expect(FeedbackProbe.run([]).map(\.verdict) == [.fine])
    let finding = FeedbackProbe.run([50_000...50_003, 50_010...50_010])[0]
    #expect(finding.cause == .secondForwarder)
    #expect(finding.text.contains("from UDP ports 50000-50003, 50010: "))
  }

  @Test(arguments: [(EINVAL, "a blackhole route (EINVAL)"), (EACCES, "a route that prohibits it (EACCES)")])
  func waysThatAreNotThere(_ code: CInt, _ words: String) throws {
    let finding = RouteProbe.noRoute(
      to: try #require(SocketAddress(numeric: "192.0.2.1", port: 4789)),
      SystemError(operation: "connect", code: code))
    #expect(finding.text == "no way to 192.0.2.1:4789: \(words)")
  }

  /// The loopback interface is there wherever this runs.
  @Test func theRouteToOneself() throws {
    let own = try #require(SocketAddress(numeric: "127.0.0.1", port: 4789))
    var settings = Settings(destinations: [])
    settings.mtu = 9_000
    let (route, findings) = RouteProbe.run(to: own, settings, mark: nil, local: [])
    #expect(route?.source.host == "127.0.0.1")
    #expect(findings.map(\.cause) == [nil, .collectorIsHere])
    let narrow = RouteProbe.findings(try #require(route), to: own, mtu: 65_536, local: [])
    #expect(narrow.last?.cause == .mtuAboveRoute)
  }
}
