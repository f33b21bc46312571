import CLinux
import Glibc
import System
import Wire

/// Capture through our own TPACKET_V3 ring: we decide when a block goes back to the kernel, so a whole block is sent
/// from the ring in batches without a copy, and the offload metadata that libpcap hides is there.
@safe
public final class RingEngine: CaptureEngine {
  /// A block holds super-frames of 64 KiB and most of BIG TCP. At low rates each block is ended by its timer, so
  /// their number is the time that the ring can bridge: with 64 of them a pause of a quarter of a second, which a
  /// throttled container makes.
  static let blockByteCount = 256 << 10
  /// A block that is not full waits one to two of these: below 10 ms in all.
  static let retireMilliseconds: UInt32 = 4

  private var reader: RingReader
  /// Names asked for; empty for `any`.
  private let names: [String]
  /// Indices of those that are there now.
  private var indices: [Int32]
  private var programs: FilterCompiler.Programs
  private var descriptors = [pollfd](repeating: pollfd(), count: 2)
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
  ///   - report: hears of every interface that comes or goes.
  /// - Throws: `.interfaceDown` or `.noSuchInterface` where nothing can be captured on now, `.notPermitted`,
  ///   `.unsupportedLinkType`, `.filter`, `.failed`.
  public init(
    _ plan: CapturePlan, fanoutGroup: UInt16?, report: @escaping (InterfaceEvent) -> Void
  ) throws(CaptureError) {
    if case .named(let wanted) = plan.interfaces { names = wanted } else { names = [] }
    self.report = report
    let interfaces = try Self.available(names)
    indices = interfaces.map(\.index)
    programs = try FilterCompiler.compile(plan)
    let blockCount = max(2, plan.bufferByteCount / Self.blockByteCount)
    let socket = try PacketSocket(
      geometry: PacketSocket.Geometry(
        blockByteCount: Self.blockByteCount, blockCount: blockCount, retireMilliseconds: Self.retireMilliseconds),
      wantsOffloadHeader: Self.kernelHandlesOffloadHeader())
    // Until it shares the traffic with its group, a bound socket gets all of it.
    try BPFProgram.rejectAll.attach(to: socket.descriptor)
    for index in indices { try socket.addPromiscuous(interfaceIndex: index) }
    try socket.bind(interfaceIndex: names.count == 1 ? indices[0] : 0)
    if let fanoutGroup { try socket.joinFanout(group: fanoutGroup) }
    reader = RingReader(socket)
    try attachFilter()
    if names.isEmpty { report(.capturing(name: "any", linkType: LinkTypes.name(LinkTypes.ethernet))) }
    for name in names {
      if let interface = interfaces.first(where: { $0.name == name }) {
        report(.capturing(name: name, linkType: Self.linkTypeName(interface)))
      } else {
        report(.lost(name: name, reason: "not there"))
      }
    }
  }

  /// Bytes of the ring, which is kernel memory and counted to no container.
  public var ringByteCount: Int { reader.socket.geometry.byteCount }

  /// Frames dropped for want of buffer space, this and earlier handles together.
  public var kernelDropped: UInt64 {
    readStatistics()
    return dropped
  }

  /// Waits and hands over what is there; see `CaptureEngine`.
  public func capture(
    into consumer: any FrameConsumer, wakeDescriptor: CInt, timeoutMilliseconds: Int32
  ) throws(CaptureError) {
    if reader.consumeBlocks(into: consumer) {
      reader.moderate()
    } else {
      descriptors[0] = pollfd(fd: reader.socket.descriptor, events: Int16(POLLIN | POLLERR), revents: 0)
      descriptors[1] = pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&descriptors, 2, timeoutMilliseconds)
      if descriptors[0].revents & Int16(POLLERR) != 0 { try handleError() }
    }
    // Not only when nothing is there: a busy link would keep others from being noticed.
    if MonotonicClock.milliseconds >= nextCheck {
      nextCheck = MonotonicClock.milliseconds + 1_000
      try checkInterfaces()
    }
  }

  /// Replaces the filter.
  public func apply(_ plan: CapturePlan) throws(CaptureError) {
    programs = try FilterCompiler.compile(plan)
    try attachFilter()
  }

  /// Hands over what was captured, and ends the capture.
  public func finish(into consumer: any FrameConsumer, by deadline: Int64) {
    try? BPFProgram.rejectAll.attach(to: reader.socket.descriptor)
    // The block being filled comes when its timer has run out. The kernel tells how many frames there are to come.
    repeat {
      readStatistics()
      if !reader.consumeBlocks(into: consumer), reader.taken < queued { usleep(500) }
    } while reader.taken < queued && MonotonicClock.milliseconds < deadline
    dropped &+= queued &- reader.taken
  }

  private func readStatistics() {
    let now = reader.socket.takeStatistics()
    queued &+= now.queued
    dropped &+= now.dropped
  }

  private func attachFilter() throws(CaptureError) {
    reader.rawPrograms = programs.raw
    // A socket bound to one interface needs no look at the index.
    try programs.forPacketSocket(interfaces: names.count > 1 ? indices : []).replace(on: reader.socket.descriptor)
  }

  private func handleError() throws(CaptureError) {
    if reader.socket.takeError() == ENETDOWN, names.count == 1 { throw .interfaceDown(name: names[0]) }
  }

  /// A single interface that was deleted, even if one of the same name is there again, ends this capture; several
  /// come and go.
  private func checkInterfaces() throws(CaptureError) {
    guard !names.isEmpty else { return }
    let current = try Self.available(names)
    let found = current.map(\.index)
    guard found != indices else { return }
    if names.count == 1 { throw .interfaceDown(name: names[0]) }
    for interface in current where !indices.contains(interface.index) {
      try reader.socket.addPromiscuous(interfaceIndex: interface.index)
      report(.capturing(name: interface.name, linkType: Self.linkTypeName(interface)))
    }
    for name in names where !current.contains(where: { $0.name == name }) {
      report(.lost(name: name, reason: "not there"))
    }
    indices = found
    try attachFilter()
  }

  /// Those of `names` that are there and up.
  private static func available(_ names: [String]) throws(CaptureError) -> [NetworkInterface] {
    var found: [NetworkInterface] = []
    var missing: CaptureError?
    for name in names {
      guard let interface = NetworkInterface(named: name) else {
        missing = .noSuchInterface(name: name, existing: NetworkInterface.all().map(\.name))
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

  private static func linkTypeName(_ interface: NetworkInterface) -> String {
    LinkTypes.name(interface.isEthernet ? LinkTypes.ethernet : LinkTypes.raw)
  }

  /// Before 6.2 the kernel drops a UDP super-datagram that it would have to describe in the offload header.
  private static func kernelHandlesOffloadHeader() -> Bool {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return false }
    let release = unsafe withUnsafeBytes(of: &names.release) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
    guard numbers.count == 2 else { return false }
    return (numbers[0], numbers[1]) >= (6, 2)
  }
}
