/// Compiles a plan's expression for the ring engine's socket.
struct FilterCompiler {
  /// The programs of one plan.
  struct Programs {
    /// For frames with an Ethernet header, run by the kernel.
    var ethernet: BPFProgram
    /// For network packets without one, run on what the kernel passes up; nil if the expression makes no sense for
    /// them (`ether host`).
    var raw: BPFProgram?
  }

  static func compile(_ plan: CapturePlan) throws(CaptureError) -> Programs {
    let expression = plan.expression
    let kept = plan.snapLength.map { UInt32(clamping: $0) } ?? BPFProgram.wholeFrame
    let ethernet: BPFProgram
    if needsLiveHandle(plan.filter), let live = try liveHandle(for: plan.interfaces) {
      ethernet = try live.compile(expression)
    } else {
      ethernet = try PcapHandle.dead(linkType: LinkTypes.ethernet).compile(expression)
    }
    let raw = try? PcapHandle.dead(linkType: LinkTypes.raw).compile(expression)
    return Programs(ethernet: ethernet.keeping(kept), raw: raw?.keeping(kept))
  }

  /// Whether the expression may speak of what Linux keeps beside the packet. Opening a live handle costs tens of
  /// milliseconds, so it is done only then; a word found by chance (a host named `vlan5`) costs just that time.
  static func needsLiveHandle(_ expression: String) -> Bool {
    ["vlan", "inbound", "outbound", "ifindex", "on ", "pktdir"].contains { expression.contains($0) }
  }

  /// A live handle of an interface with an Ethernet header, the one that is captured on where there is one; nil
  /// without any.
  static func liveHandle(for interfaces: CapturePlan.Interfaces) throws(CaptureError) -> PcapHandle? {
    var candidates = NetworkInterface.all().filter { $0.isEthernet && $0.isUp }
    if case .named(let names) = interfaces {
      candidates.sort { names.contains($0.name) && !names.contains($1.name) }
    }
    guard let interface = candidates.first else { return nil }
    return try PcapHandle.open(interface: interface.name, .forLookUp)
  }
}
