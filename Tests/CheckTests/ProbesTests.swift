import Forwarder
import Glibc
import Synchronization
import Testing
import Transport

@testable import Capture
@testable import Check
@testable import System

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

  private func link(
    _ name: String, _ index: Int32, type: UInt16 = 1, isUp: Bool = true, master: Int32 = 0
  ) -> NetworkInterface {
    NetworkInterface(
      NetworkLink(
        name: name, index: index, hardwareType: type, address: 2, isUp: isUp, mtu: 1_500, master: master))
  }

  @Test func interfacesByName() {
    var settings = Settings(destinations: [])
    settings.interfaces = .named(["eth0", "tun0"])
    let up = InterfaceProbe.run(settings, present: [link("eth0", 2), link("tun0", 3, type: 0xFFFE)])
    #expect(up.map(\.text) == ["eth0 is up, Ethernet, MTU 1500", "tun0 is up, hardware type 65534, MTU 1500"])
    let one = InterfaceProbe.run(settings, present: [link("eth0", 2, isUp: false), link("tun0", 3)])
    #expect(one.map(\.verdict) == [.note, .fine])
    let none = InterfaceProbe.run(settings, present: [link("eth0", 2, isUp: false), link("tun0", 3, isUp: false)])
    #expect(none.map(\.cause) == [.interfaceDown, .interfaceDown])
  }

  /// What a bridge and its port both see is mirrored twice.
  @Test func anyInterface() {
    let settings = Settings(destinations: [])
    let lo = link("lo", 1, type: 772)
    #expect(InterfaceProbe.run(settings, present: [lo]).map(\.verdict) == [.note])
    let bridged = InterfaceProbe.run(settings, present: [lo, link("br0", 2), link("eth0", 3, master: 2)])
    #expect(bridged[0] == .fine("interface", "any, of which are up: lo, br0, eth0"))
    #expect(bridged[1].text == "eth0 is a port of br0: what passes both is mirrored twice")
    #expect(bridged.allSatisfy { $0.cause == nil })
  }

  /// Memory that is not there is not asked for.
  @Test func memoryThatIsNotThere() {
    var settings = Settings(destinations: [])
    (settings.workers, settings.bufferByteCount) = (4, 4 << 30)
    let findings = CaptureProbe.run(settings, available: 1 << 30).findings
    #expect(findings.contains { $0.cause == .ringMemory || $0.cause == .noPermission }, "\(findings)")
    #expect(!findings.contains { $0.text.contains("opens") })
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
