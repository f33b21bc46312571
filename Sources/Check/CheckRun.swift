import Capture
package import Forwarder
import System
package import Telemetry
import Transport

/// Goes the way of a frame, from the settings to the collector, and finds out what would stop one. It captures and mirrors
/// nothing; what it sends are a few probes to the collectors.
public struct CheckRun {
  /// Milliseconds for names to be looked up.
  private static let nameTime: Int64 = 1_500
  /// Milliseconds more for finding out where the program runs.
  private static let placementTime: Int64 = 2_000
  /// Milliseconds for the paths behind that: nobody's answer to ARP is known after three seconds.
  private static let pathTime: Int64 = 3_200

  private let source: SettingSource
  private let placement: PlacementFinder
  private let isSniffing: Bool
  private let say: (Finding) -> Void
  private var report = CheckReport()

  /// Checks what a forwarder with these settings would meet here.
  ///
  /// - Parameters:
  ///   - source: the settings.
  ///   - placement: finds out where the program runs.
  ///   - isSniffing: whether the collector is known to have no socket on its port.
  ///   - say: hears of each finding as soon as there is one.
  package static func run(
    _ source: SettingSource, placement: PlacementFinder, isSniffing: Bool, say: @escaping (Finding) -> Void
  ) -> CheckReport {
    var run = CheckRun(source: source, placement: placement, isSniffing: isSniffing, say: say)
    run.checkAll()
    return run.report
  }

  private init(
    source: SettingSource, placement: PlacementFinder, isSniffing: Bool, say: @escaping (Finding) -> Void
  ) {
    self.source = source
    self.placement = placement
    self.isSniffing = isSniffing
    self.say = say
  }

  private mutating func add(_ findings: [Finding]) {
    for finding in findings {
      report.append(finding)
      say(finding)
    }
  }

  private mutating func checkAll() {
    let (settings, findings) = SettingsProbe.run(source)
    add(findings)
    let present = NetworkInterface.all()
    let isInterfaceKnown = !report.findings.contains { $0.cause == .noSuchInterface }
    if isInterfaceKnown { add(InterfaceProbe.run(settings, present: present)) }
    let captured = present.filter { interface in
      guard case .named(let names) = settings.interfaces else { return interface.isUp }
      return names.contains(interface.name)
    }
    add(FilterProbe.run(settings, interfaces: captured))
    checkCapture(settings)
    let resolver = PlacedResolver(placement)
    let isPlaced = settings.destinations.contains { !$0.placeholders.isEmpty }
    let nameTime = Self.nameTime + (isPlaced ? Self.placementTime : 0)
    let (addresses, names) = NameProbe.run(
      settings.destinations, until: TimeLimit(milliseconds: nameTime), resolve: resolver.addresses)
    add(names)
    checkPaths(to: addresses, settings)
    add(FeedbackProbe.run(LoopGuard().look()))
  }

  private mutating func checkCapture(_ settings: Settings) {
    // That an interface is down was said.
    let isDown = report.findings.contains { $0.cause == .interfaceDown }
    var settings = settings
    if isDown { settings.interfaces = .any }
    let (findings, hasOffloadHeader) = CaptureProbe.run(settings)
    add(findings)
    add(KernelProbe.run(hasOffloadHeader: hasOffloadHeader))
  }

  private mutating func checkPaths(to addresses: [SocketAddress], _ settings: Settings) {
    let local = (try? LocalAddresses.all()) ?? []
    let mark = OwnMark.usable
    var routes: [(address: SocketAddress, route: CollectorRoute)] = []
    for address in addresses {
      let (route, findings) = RouteProbe.run(to: address, settings, mark: mark, local: local)
      add(findings)
      if let route { routes.append((address, route)) }
    }
    let limit = TimeLimit(milliseconds: Self.pathTime)
    let (vni, mtu) = (settings.vni, settings.mtu)
    let paths = Concurrently.map(routes, until: TimeLimit(by: limit.end + 200)) { address, route in
      PathProbe.run(
        to: address, from: route.source, wanted: min(mtu ?? route.mtu, route.mtu), vni: vni, mark: mark, until: limit)
    }
    for path in paths {
      if let path { add(PathJudge.findings(path, isSniffing: isSniffing)) }
    }
  }
}
