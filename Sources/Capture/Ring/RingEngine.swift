import CLinux
import Glibc
package import System
import Wire

/// Capture through our own TPACKET_V3 ring: we decide when a block goes back to the kernel, so a whole block is sent
/// from the ring in batches without a copy, and the offload metadata that libpcap hides is there.
@safe
public final class RingEngine: CaptureEngine {
  private var reader: RingReader
  /// Names asked for; empty for `any`.
  private let names: [String]
  private var watch: InterfaceWatch
  private let monitor: NetlinkMonitor?
  private let fanoutGroup: FanoutGroup?
  private var isMember = false
  /// The interface the socket is bound to; 0 for all.
  private var boundIndex: Int32 = 0
  /// Interfaces that have been asked to receive frames for other stations.
  private var promiscuous: Set<Int32> = []
  /// What the filter in force lets through of several names.
  private var filteredIndices: [Int32] = []
  private var programs: FilterCompiler.Programs
  private var descriptors = [pollfd](repeating: pollfd(), count: 3)
  private var dropped: UInt64 = 0
  /// Frames that the kernel has put into the ring.
  private var queued: UInt64 = 0
  private var nextCheck: Int64 = 0
  private let report: (InterfaceEvent) -> Void

  /// As statistics show it.
  public let name = "ring"

  /// Opens the ring on the interfaces of `plan`. Of several named ones those that are missing are waited for.
  ///
  /// - Parameters:
  ///   - fanoutGroup: shares the traffic by flow with other engines of the same group; nil captures all of it.
  ///   - monitor: tells of links that change; without it they are looked at every second.
  ///   - report: hears of every interface that comes or goes.
  /// - Throws: `.interfaceDown` or `.noSuchInterface` where nothing can be captured on now, `.notPermitted`,
  ///   `.unsupportedLinkType`, `.unsupported` where the system has no such rings, `.filter`, `.failed`.
  package init(
    _ plan: CapturePlan, fanoutGroup: FanoutGroup?, monitor: NetlinkMonitor? = nil,
    report: @escaping (InterfaceEvent) -> Void
  ) throws(CaptureError) {
    if case .named(let wanted) = plan.interfaces { names = wanted } else { names = [] }
    self.report = report
    self.monitor = monitor
    self.fanoutGroup = fanoutGroup
    watch = InterfaceWatch(names)
    let present = names.isEmpty ? [] : try NetworkInterface.known()
    let available = try Self.available(names, present)
    programs = try FilterCompiler.compile(plan)
    let socket = try PacketSocket(
      geometry: PacketSocket.Geometry(
        blockByteCount: RingTuning.blockByteCount,
        blockCount: max(2, plan.bufferByteCount / RingTuning.blockByteCount),
        retireMilliseconds: RingTuning.retireMilliseconds),
      wantsOffloadHeader: Self.kernelHandlesOffloadHeader())
    // Until it shares the traffic with its group, a bound socket gets all of it.
    try BPFProgram.rejectAll.attach(to: socket.descriptor)
    reader = RingReader(socket)
    if names.count == 1 {
      try bind(to: available[0])
    } else {
      try reader.socket.bind(interfaceIndex: 0)
    }
    if let fanoutGroup {
      try fanoutGroup.join(reader.socket, interfaceIndex: boundIndex)
      isMember = true
    }
    updateWatch(present, wentDown: [])
    try attachFilter()
    if names.isEmpty { report(.capturing(name: "any", linkType: LinkTypes.name(LinkTypes.ethernet))) }
  }

  deinit {
    if isMember { fanoutGroup?.leave(interfaceIndex: boundIndex) }
  }

  /// Bytes of the ring, which is kernel memory and counted to no container.
  public var ringByteCount: Int { reader.socket.geometry.byteCount }

  /// Frames that nobody got; see `CaptureEngine`.
  public var kernelDropped: UInt64 {
    readStatistics()
    return dropped &+ reader.unreadable
  }

  /// How long interfaces were not captured on; see `CaptureEngine`.
  public var blindMilliseconds: UInt64 { watch.blindMilliseconds(at: MonotonicClock.milliseconds) }

  /// Waits and hands over what is there; see `CaptureEngine`.
  public func capture(
    into consumer: any FrameConsumer, wakeDescriptor: CInt, timeoutMilliseconds: Int32
  ) throws(CaptureError) {
    descriptors[0] = .readable(reader.socket.descriptor)
    descriptors[1] = .readable(wakeDescriptor)
    // On `any` interfaces come and go by themselves.
    descriptors[2] = .readable(names.isEmpty ? -1 : monitor?.descriptor ?? -1)
    Polling.wait(&descriptors, milliseconds: timeoutMilliseconds)
    // A busy link must not keep anything else from being noticed: this ends after some blocks.
    _ = reader.consumeBlocks(into: consumer)
    var wentDown: Set<Int32> = []
    var mustLook = MonotonicClock.milliseconds >= nextCheck
    if descriptors[0].revents & Int16(POLLERR) != 0 {
      // The kernel hooks the socket in again when the interface is up (packet_notifier in net/packet/af_packet.c).
      if reader.socket.takeError() == ENETDOWN, monitor == nil { wentDown.insert(boundIndex) }
      mustLook = true
    }
    if descriptors[2].revents != 0, let monitor {
      if monitor.drain(linkDown: { wentDown.insert($0) }).contains(.links) { mustLook = true }
    }
    if mustLook, !names.isEmpty { try checkInterfaces(wentDown) }
  }

  /// Replaces the filter.
  public func apply(_ plan: CapturePlan) throws(CaptureError) {
    programs = try FilterCompiler.compile(plan, after: programs)
    try attachFilter()
  }

  /// Hands over what was captured, and ends the capture; see `CaptureEngine`.
  public func finish(into consumer: any FrameConsumer, by deadline: Int64) {
    if (try? BPFProgram.rejectAll.attach(to: reader.socket.descriptor)) == nil { reader.socket.bindToNothing() }
    // The block being filled comes when its timer has run out. The kernel tells how many frames there are to come.
    readStatistics()
    while missing > 0 {
      let left = deadline - MonotonicClock.milliseconds
      guard left > 0 else { break }
      if !reader.consumeBlocks(into: consumer, by: deadline) {
        let pause = Int32(min(left, Int64(2 * RingTuning.retireMilliseconds)))
        _ = Polling.isReady(.readable(reader.socket.descriptor), within: pause)
      }
      readStatistics()
    }
    dropped &+= missing
  }

  /// Frames that are in the ring.
  private var missing: UInt64 {
    let handled = reader.taken &+ reader.unreadable
    return queued > handled ? queued - handled : 0
  }

  private func readStatistics() {
    let now = reader.socket.takeStatistics()
    queued &+= now.queued
    dropped &+= now.dropped
  }

  private func attachFilter() throws(CaptureError) {
    reader.rawPrograms = programs.raw
    // A socket bound to one interface needs no look at the index.
    filteredIndices = names.count > 1 ? watch.indices : []
    try programs.forPacketSocket(interfaces: filteredIndices).replace(on: reader.socket.descriptor)
  }

  /// Looks at the interfaces that are captured on by name.
  private func checkInterfaces(_ wentDown: Set<Int32>) throws(CaptureError) {
    // An error of the query says nothing about any interface.
    if let present = try? NetworkInterface.present() {
      updateWatch(present, wentDown: wentDown)
      if isMember, names.count == 1, let index = watch.indices.first, index != boundIndex {
        throw .interfaceDown(name: names[0])
      }
      if names.count > 1, filteredIndices != watch.indices { try attachFilter() }
    }
    let isWatched = monitor != nil && !watch.hasLost
    nextCheck = MonotonicClock.milliseconds + (isWatched ? 10_000 : 1_000)
  }

  private func updateWatch(_ present: [NetworkInterface], wentDown: Set<Int32>) {
    var watch = watch
    watch.update(
      present, wentDown: wentDown, now: MonotonicClock.milliseconds,
      capture: { (interface, _) throws(CaptureError) in try begin(interface) }, report: report)
    self.watch = watch
  }

  /// Captures on an interface that is up, for the first time or again.
  private func begin(_ interface: NetworkInterface) throws(CaptureError) {
    if names.count == 1 {
      guard interface.index != boundIndex else { return }
      // Sockets of a fan-out group cannot be bound again; a new one can join a new group.
      if isMember { throw .interfaceDown(name: interface.name) }
      try bind(to: interface)
    } else if !promiscuous.contains(interface.index) {
      try Self.checkLinkType(interface)
      try makePromiscuous(interface)
    }
  }

  private func bind(to interface: NetworkInterface) throws(CaptureError) {
    try Self.checkLinkType(interface)
    try makePromiscuous(interface)
    try reader.socket.bind(interfaceIndex: interface.index)
    boundIndex = interface.index
  }

  /// The kernel forgets it when the interface is deleted.
  private func makePromiscuous(_ interface: NetworkInterface) throws(CaptureError) {
    guard !promiscuous.contains(interface.index) else { return }
    try reader.socket.addPromiscuous(interfaceIndex: interface.index)
    promiscuous.insert(interface.index)
  }

  /// Those of `names` that are there and up.
  private static func available(
    _ names: [String], _ present: [NetworkInterface]
  ) throws(CaptureError) -> [NetworkInterface] {
    var found: [NetworkInterface] = []
    var missing: CaptureError?
    for name in names {
      guard let interface = present.first(where: { $0.name == name }) else {
        missing = .noSuchInterface(name: name, existing: present.map(\.name))
        continue
      }
      guard interface.isUp else {
        missing = .interfaceDown(name: name)
        continue
      }
      try checkLinkType(interface)
      found.append(interface)
    }
    if found.isEmpty, let missing { throw missing }
    return found
  }

  /// libpcap knows what the hardware type's packets look like.
  private static func checkLinkType(_ interface: NetworkInterface) throws(CaptureError) {
    guard !interface.isEthernet else { return }
    let type = try PcapHandle.open(interface: interface.name, .forLookUp).linkType
    guard LinkTypes.layer(type) != nil else {
      throw .unsupportedLinkType(interface: interface.name, linkType: LinkTypes.name(type))
    }
  }

  /// Before 6.2 the kernel drops a UDP super-datagram that it would have to describe in the offload header.
  private static func kernelHandlesOffloadHeader() -> Bool {
    KernelVersion.running.map { $0 >= KernelVersion(6, 2) } ?? false
  }
}
