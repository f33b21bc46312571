import CLinux
import Glibc
package import System
import Wire

/// Capture through our own TPACKET_V3 ring: we decide when a block goes back to the kernel, so a whole block is sent
/// from the ring in batches without a copy, and the offload metadata that libpcap hides is there.
@safe
public final class RingEngine: CaptureEngine {
  var sockets: RingSockets
  var reader: RingReader
  /// Names asked for; empty for `any`.
  let names: [String]
  var watch: InterfaceWatch
  let monitor: NetlinkMonitor?
  private let fanoutGroup: FanoutGroup?
  private(set) var isMember = false
  /// The interface the sockets are bound to; 0 for all, -1 for none.
  var boundIndex: Int32 = 0
  /// Whether the sockets have been bound, or were to be.
  var isBound = true
  /// Interfaces that have been asked to receive frames for other stations.
  var promiscuous: Set<Int32> = []
  /// What the filter in force lets through of several names.
  private(set) var filteredIndices: [Int32] = []
  private(set) var programs: FilterCompiler.Programs
  /// The flows that the filter keeps out.
  private var withheld: [WithheldFlow] = []
  /// How many there is room for, as far as is known.
  private var withheldRoom = Int.max
  private var descriptors = [pollfd](repeating: pollfd(), count: 3)
  /// Frames that nobody got, and those that came by the reserve, of rings that are gone or have ended.
  private var before: (dropped: UInt64, reserve: UInt64) = (0, 0)
  private let bufferByteCount: Int
  /// Sockets that are used no more, until it does no harm to close them: that takes the kernel some tens of milliseconds,
  /// in which an interface may come back. When it is captured on, the new rings bridge them.
  private var retired: RingSockets?
  private var retiredUntil: Int64 = .max
  var nextCheck: Int64 = 0
  let report: (InterfaceEvent) -> Void

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
    bufferByteCount = plan.bufferByteCount
    boundIndex = names.count == 1 ? available[0].index : 0
    sockets = try RingSockets.open(bufferByteCount, interfaceIndex: boundIndex, isShared: fanoutGroup != nil)
    reader = unsafe sockets.reader()
    if names.count == 1 { try makePromiscuous(available[0]) }
    if let fanoutGroup {
      try fanoutGroup.join(sockets.hot, interfaceIndex: boundIndex)
      isMember = true
    }
    updateWatch(present, wentDown: [])
    try attachFilter()
    if names.isEmpty { report(.capturing(name: "any", linkType: LinkTypes.name(LinkTypes.ethernet))) }
  }

  deinit {
    if isMember { fanoutGroup?.leave(interfaceIndex: boundIndex) }
  }

  /// Bytes of the rings, which is kernel memory and counted to no container.
  public var ringByteCount: Int { sockets.byteCount }

  /// Why there is one ring where there could be two; nil if there are two, or one was asked for.
  public var singleRingReason: String? { sockets.singleReason }

  /// Frames that nobody got; see `CaptureEngine`.
  public var kernelDropped: UInt64 {
    sockets.readStatistics()
    return before.dropped &+ sockets.statistics.dropped &+ reader.unreadable
  }

  /// Frames for which the hot ring had no room; see `CaptureEngine`.
  public var reserveFrames: UInt64 { before.reserve &+ reader.rolledOver }

  /// How full the rings are; see `CaptureEngine`.
  public var rings: RingUse.Pair? {
    RingUse.Pair(hot: reader.hot.use, reserve: sockets.isPair ? reader.reserve.use : nil)
  }

  /// How long interfaces were not captured on; see `CaptureEngine`.
  public var blindMilliseconds: UInt64 { watch.blindMilliseconds(at: MonotonicClock.milliseconds) }

  /// Waits and hands over what is there; see `CaptureEngine`.
  public func capture(
    into consumer: any FrameConsumer, wakeDescriptor: CInt, timeoutMilliseconds: Int32
  ) throws(CaptureError) {
    // The reserve wakes nobody.
    let pause = reader.isBehind ? 0 : reader.isPending ? min(1, timeoutMilliseconds) : timeoutMilliseconds
    if reader.isSteered || !sockets.isPair {
      // What is held keeps its ring ready.
      descriptors[0] = reader.hot.heldBlockCount == 0 ? .readable(sockets.hot) : .closed(sockets.hot)
    } else {
      // The reserve comes first until the kernel prefers the hot ring, and is not polled from then on (`RingReader.steer`).
      descriptors[0] = .readable(sockets.reserve)
      _ = Polling.isReady(.readable(sockets.hot), within: 0)
    }
    descriptors[1] = .readable(wakeDescriptor)
    // On `any` interfaces come and go by themselves.
    descriptors[2] = .readable(names.isEmpty ? -1 : monitor?.descriptor ?? -1)
    Polling.wait(&descriptors, milliseconds: pause)
    // A busy link must not keep anything else from being noticed: this ends after some blocks.
    _ = reader.consumeBlocks(into: consumer)
    var wentDown: Set<Int32> = []
    let now = MonotonicClock.milliseconds
    var mustLook = now >= nextCheck
    if retiredUntil != .max, isBound || now >= retiredUntil {
      retired = nil
      retiredUntil = .max
    }
    if descriptors[0].revents & Int16(POLLERR) != 0 {
      // The kernel hooks the socket in again when the interface is up (packet_notifier in net/packet/af_packet.c).
      if sockets.takeInterfaceDown(), monitor == nil { wentDown.insert(boundIndex) }
      mustLook = true
    }
    if descriptors[2].revents != 0, let monitor {
      if monitor.drain(linkDown: { wentDown.insert($0) }).contains(.links) { mustLook = true }
    }
    if mustLook, !names.isEmpty { try checkInterfaces(wentDown, consumer) }
  }

  /// Replaces the filter.
  public func apply(_ plan: CapturePlan) throws(CaptureError) {
    programs = try FilterCompiler.compile(plan, after: programs)
    try attachFilter()
  }

  /// Hands over what was captured, and ends the capture; see `CaptureEngine`.
  public func finish(into consumer: any FrameConsumer, by deadline: Int64) {
    sockets.close()
    // The block being filled comes when its timer has run out. The kernel tells how many frames there are to come.
    sockets.readStatistics()
    while missing > 0 {
      let left = deadline - MonotonicClock.milliseconds
      guard left > 0 else { break }
      if !reader.consumeBlocks(into: consumer, by: deadline) {
        let pause = Int32(min(left, Int64(2 * RingTuning.retireMilliseconds)))
        _ = Polling.isReady(.readable(reader.isPending ? -1 : sockets.hot), within: reader.isPending ? 1 : pause)
      }
      sockets.readStatistics()
    }
    before.dropped &+= missing
  }

  /// Frames that are in the rings.
  private var missing: UInt64 {
    let handled = reader.taken &+ reader.unreadable
    let queued = sockets.statistics.queued
    return queued > handled ? queued - handled : 0
  }

  /// Goes on with a new pair of rings that is bound to nothing yet: members of a fan-out group cannot be bound again.
  /// What the old ones hold goes first.
  func replaceRings(_ consumer: any FrameConsumer) throws(CaptureError) {
    var next = try RingSockets.pair(bufferByteCount)
    finish(into: consumer, by: MonotonicClock.milliseconds + 100)
    before.dropped &+= sockets.statistics.dropped &+ reader.unreadable
    before.reserve &+= reader.rolledOver
    reader = unsafe next.reader()
    reader.rawPrograms = programs.raw
    swap(&sockets, &next)
    retired = consume next
    retiredUntil = MonotonicClock.milliseconds + 500
    boundIndex = -1
    promiscuous = []
    isBound = false
  }

  func attachFilter() throws(CaptureError) {
    reader.rawPrograms = programs.raw
    // A socket bound to one interface needs no look at the index.
    filteredIndices = names.count > 1 ? watch.indices : []
    if !withheld.isEmpty {
      if (try? sockets.attach(kernelProgram(withheld))) != nil { return }
      withheld = []
    }
    try sockets.replace(by: kernelProgram([]))
  }

  private func kernelProgram(_ flows: [WithheldFlow]) -> BPFProgram {
    programs.forPacketSocket(interfaces: filteredIndices, withholding: flows)
  }

  /// How many flows the filter keeps out; see `CaptureEngine`.
  public var withheldFlowCount: Int { withheld.count }

  /// Keeps flows out; see `CaptureEngine`.
  public func withhold(_ flows: [WithheldFlow]) {
    // Old and new program have to fit beside each other: where they do not, half of the flows may.
    var count = min(flows.count, withheldRoom)
    while true {
      let chosen = Array(flows.prefix(count))
      do throws(CaptureError) {
        try sockets.attach(kernelProgram(chosen))
        withheld = chosen
        return
      } catch {
        if count == 0 { break }
        count /= 2
        withheldRoom = count
      }
    }
    // One socket may have another program than the other.
    withheld = []
    try? sockets.replace(by: kernelProgram([]))
  }
}
