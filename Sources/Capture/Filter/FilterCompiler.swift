/// Makes the filters of a plan: what is excluded by an `ExclusionProgram`, then the user's expression by libpcap.
struct FilterCompiler {
  /// The programs of one plan for the ring's socket.
  struct Programs {
    /// For frames with an Ethernet header, run by the kernel.
    var ethernet: BPFProgram
    /// For network packets without one, run on what the kernel passes up; nil if the expression makes no sense for
    /// them (`ether host`).
    var raw: RawPrograms?
    /// Frames with this mark are rejected in the kernel, whatever their link layer.
    var mark: UInt32?
    /// What the programs were made of.
    var compiled: Compiled
    /// Bytes kept of each frame.
    var snapLength: UInt32

    /// What the kernel runs on a socket that sees these interfaces (empty: all), without the flows that are withheld.
    func forPacketSocket(interfaces: [Int32], withholding flows: [WithheldFlow] = []) -> BPFProgram {
      let ethernet = WithheldProgram.program(flows, .ethernet, after: ethernet).keeping(snapLength)
      return ethernet.forPacketSocket(interfaces: interfaces, passingOthers: raw != nil).rejecting(mark: mark)
    }
  }

  /// Programs for raw IP packets that are run in user space, where nothing but the packet itself can be asked.
  struct RawPrograms {
    /// For packets that this host sends (PACKET_OUTGOING).
    var outgoing: BPFProgram
    /// For all others.
    var incoming: BPFProgram

    /// `program` with the direction written into it.
    init(_ program: BPFProgram) {
      // ARPHRD_NONE, the type of tun devices; what counts is that it is not loopback's.
      let type: UInt32 = 0xFFFE
      outgoing = program.replacing([.packetType: 4, .hardwareType: type])
      incoming = program.replacing([.packetType: 0, .hardwareType: type])
    }
  }

  /// The two expressions of a plan as libpcap compiles them, which need not be done again when only something else of the
  /// plan changes.
  struct Compiled {
    fileprivate var expressions: [String]
    fileprivate var ethernet: BPFProgram
    fileprivate var raw: BPFProgram?

    fileprivate init(_ plan: CapturePlan) throws(CaptureError) {
      expressions = plan.expressions
      let needsLive = plan.expressions.contains { needsLiveHandle($0) }
      let live = needsLive ? try liveHandle(for: plan.interfaces) : nil
      ethernet = try (live ?? PcapHandle.dead(linkType: LinkTypes.ethernet)).compile(plan)
      raw = try? PcapHandle.dead(linkType: LinkTypes.raw).compile(plan)
    }
  }

  /// The programs of `plan`; of `earlier` ones those parts are used again that are the same.
  static func compile(_ plan: CapturePlan, after earlier: Programs? = nil) throws(CaptureError) -> Programs {
    let compiled: Compiled
    if let before = earlier?.compiled, before.expressions == plan.expressions {
      compiled = before
    } else {
      compiled = try Compiled(plan)
    }
    return Programs(
      ethernet: complete(compiled.ethernet, .ethernet, plan),
      raw: compiled.raw.map { RawPrograms(complete($0, .raw, plan)) }, mark: plan.exclusions.mark, compiled: compiled,
      snapLength: plan.keptByteCount)
  }

  /// The program of a plan for a live handle of libpcap's, which the kernel runs: on frames with their Ethernet header
  /// where there is one, and else on IP packets, be the handle's link type raw or cooked (the cooked header is
  /// libpcap's own and not there yet).
  static func compile(_ plan: CapturePlan, for handle: PcapHandle) throws(CaptureError) -> BPFProgram {
    let program =
      handle.linkType == LinkTypes.ethernet
      ? complete(try handle.compile(plan), .ethernet, plan) : try raw(plan)
    return program.rejecting(mark: plan.exclusions.mark)
  }

  /// The user's expression alone, for frames with an Ethernet header.
  static func expression(of plan: CapturePlan) throws(CaptureError) -> BPFProgram { try Compiled(plan).ethernet }

  /// The whole program for frames with an Ethernet header, without what belongs to a socket.
  static func ethernet(_ plan: CapturePlan) throws(CaptureError) -> BPFProgram {
    complete(try Compiled(plan).ethernet, .ethernet, plan)
  }

  private static func raw(_ plan: CapturePlan) throws(CaptureError) -> BPFProgram {
    complete(try PcapHandle.dead(linkType: LinkTypes.raw).compile(plan), .raw, plan)
  }

  private static func complete(
    _ user: BPFProgram, _ layer: ExclusionProgram.Layer, _ plan: CapturePlan
  ) -> BPFProgram {
    let shared = ShareProgram.program(plan.share, layer, after: user)
    return ExclusionProgram.program(plan.exclusions, layer, before: shared)
      .keeping(plan.keptByteCount)
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

extension CapturePlan {
  /// Bytes kept of each frame that is taken.
  fileprivate var keptByteCount: UInt32 { snapLength.map { UInt32(clamping: $0) } ?? BPFProgram.wholeFrame }

  /// What is wanted, and what of it is never taken.
  fileprivate var expressions: [String] { [filter, exclusions.expression] }
}

extension PcapHandle {
  /// The expressions of a plan for this handle's link type: what one of them excludes is rejected, the rest is for the
  /// other. Each is compiled by itself, so that neither parentheses nor what `vlan` in one of them does to the offsets of
  /// what stands behind it reach the other.
  fileprivate func compile(_ plan: CapturePlan) throws(CaptureError) -> BPFProgram {
    let wanted = try compile(plan.filter)
    guard !plan.exclusions.expression.isEmpty else { return wanted }
    return wanted.rejecting(try compile(plan.exclusions.expression))
  }
}
