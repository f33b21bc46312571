import Foundation
import Glibc

/// Three hosts in network namespaces: peer <-traffic-> app <-mirror-> collector.
///
/// The traffic link keeps its offloads, as between a container and its host. The mirror link does not segment for
/// the sender, as a wire would not; nor does the traffic link segment UDP, since in some loads it is the mirror's too. The collector's neighbour entry has a MAC that nobody owns: its interface counts
/// the mirror and its IP layer drops it for nothing, so that the collector does not compete for the two cores.
struct Topology {
  static let traffic = "t0"
  static let mirror = "m0"
  static let collectorInterface = "m1"
  static let appAddress = "10.77.0.1"
  static let peerAddress = "10.77.0.2"
  /// An address beyond the traffic link that swallows what is sent to it.
  static let voidAddress = "10.77.0.3"
  static let collectorAddress = "10.78.0.2"
  /// A collector beyond the traffic link, for the loads with one interface.
  static let nearCollectorAddress = "10.77.0.4"
  /// Of both links; the app and its peer keep to packets of `trafficMTU`.
  static let linkMTU = 9001
  static let trafficMTU = 1500
  private static let strayMAC = "02:00:00:00:0d:ad"

  let app = "\(Workspace.tag)-app"
  let peer = "\(Workspace.tag)-peer"
  let collector = "\(Workspace.tag)-col"
  /// Processes that only sleep, through whose /proc entries the counters of their namespaces are read.
  private let appHolder: Child
  private let collectorHolder: Child

  init() throws {
    Self.removeStale()
    for name in [app, peer, collector] {
      try run("ip", "netns", "add", name)
      try run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", in: name)
      try run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", in: name)
      try run("ip", "link", "set", "lo", "up", in: name)
    }
    try Self.link((app, Self.traffic, Self.appAddress), (peer, "t1", Self.peerAddress))
    try Self.link(
      (app, Self.mirror, "10.78.0.1"), (collector, Self.collectorInterface, Self.collectorAddress))
    for (namespace, interface, own) in [(app, Self.traffic, Self.appAddress), (peer, "t1", Self.peerAddress)] {
      try run(
        "ip", "route", "replace", "10.77.0.0/24", "dev", interface, "src", own, "mtu", String(Self.trafficMTU),
        in: namespace)
    }
    try run("ip", "route", "add", Self.nearCollectorAddress, "dev", Self.traffic, in: app)
    for (address, interface) in [
      (Self.voidAddress, Self.traffic), (Self.nearCollectorAddress, Self.traffic),
      (Self.collectorAddress, Self.mirror),
    ] {
      try run("ip", "neigh", "replace", address, "lladdr", Self.strayMAC, "dev", interface, in: app)
    }
    for offload in ["tx-udp-segmentation", "tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation"] {
      try run("ethtool", "-K", Self.mirror, offload, "off", in: app)
    }
    try run("ethtool", "-K", Self.traffic, "tx-udp-segmentation", "off", in: app)
    appHolder = try Child(["sleep", "7200"], in: app)
    collectorHolder = try Child(["sleep", "7200"], in: collector)
    // A holder is in its namespace only once it has become `sleep`.
    try waitFor(5, "the namespaces' counters") {
      (try? trafficCounters()) != nil && (try? collectorCounters()) != nil
    }
  }

  /// Frames on the link whose traffic is mirrored, seen from the app.
  func trafficCounters() throws -> Proc.Traffic {
    try Proc.traffic(of: Self.traffic, seenBy: appHolder.pid)
  }

  /// Frames that arrived at the collector.
  func collectorCounters() throws -> Proc.Traffic {
    try Proc.traffic(of: Self.collectorInterface, seenBy: collectorHolder.pid)
  }

  /// Waits until nothing has arrived at a collector for a tenth of a second.
  func drain() throws {
    func arrived() throws -> UInt64 { try collectorCounters().receivedFrames + trafficCounters().sentFrames }
    var last = try arrived()
    var quietSince = Clock.now
    try waitFor(5, "the mirror to drain") {
      usleep(10_000)
      let frames = try arrived()
      if frames != last {
        last = frames
        quietSince = Clock.now
      }
      return Clock.now - quietSince > 100_000_000
    }
  }

  /// With `false`, the kernel finishes every checksum before the mirror link, as on a wire that shows them.
  func setMirrorChecksumOffload(_ on: Bool) throws {
    try run("ethtool", "-K", Self.mirror, "tx-checksum-ip-generic", on ? "on" : "off", in: app)
  }

  /// Removes the namespaces of this run and everything in them.
  static func removeOwn() {
    for role in ["app", "peer", "col"] { removeNamespace("\(Workspace.tag)-\(role)") }
  }

  private typealias End = (namespace: String, name: String, address: String)

  private static func link(_ a: End, _ b: End) throws {
    try run(
      "ip", "link", "add", a.name, "netns", a.namespace, "type", "veth", "peer", "name", b.name, "netns",
      b.namespace)
    for end in [a, b] {
      try run("ip", "address", "add", end.address + "/24", "dev", end.name, in: end.namespace)
      try run("ip", "link", "set", end.name, "mtu", String(linkMTU), "up", in: end.namespace)
    }
  }

  /// Removes what a run left behind that was killed without a chance to clean up.
  private static func removeStale() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
    for name in names where name.hasPrefix("pfb") {
      guard let owner = pid_t(name.dropFirst(3).prefix { $0 != "-" }), kill(owner, 0) != 0 else { continue }
      for pid in (try? run("ip", "netns", "pids", name))?.split(separator: "\n") ?? [] {
        if let pid = pid_t(pid) { kill(pid, SIGKILL) }
      }
      removeNamespace(name)
    }
  }

  private static func removeNamespace(_ name: String) { _ = try? run("ip", "netns", "delete", name) }
}
