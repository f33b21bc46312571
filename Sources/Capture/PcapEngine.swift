import CPcap
import Glibc
import System
import Wire

/// Capture through libpcap: the portable loop, which reads capture files too.
///
/// Each interface has a handle of its own, `any` as well: libpcap's cooked `any` device loses VLAN tags (SLL2) or the
/// interface (SLL), and its frames have no destination address.
@safe
public final class PcapEngine: CaptureEngine {
  /// Longest time that a frame waits in libpcap's buffer.
  static let timeoutMilliseconds: Int32 = 4

  private struct Source {
    let handle: PcapHandle
    let link: LinkLayer
    let address: UInt64
    let index: Int32
  }

  private var plan: CapturePlan
  private var sources: [Source] = []
  private var waiting: Set<String> = []
  private var skipped: Set<String> = []
  private var droppedBefore: UInt64 = 0
  private var nextRefresh: Int64 = 0
  private let reader: UnsafeMutablePointer<PcapReader>
  private let report: (InterfaceEvent) -> Void

  /// Opens the interfaces of `plan` that are up; those that are not are tried again every second. `report` hears of
  /// every change.
  ///
  /// - Throws: `CaptureError` if none may be captured on for a reason that will not pass.
  public init(
    _ plan: CapturePlan, consumer: any FrameConsumer, report: @escaping (InterfaceEvent) -> Void
  ) throws(CaptureError) {
    self.plan = plan
    self.report = report
    unsafe reader = .allocate(capacity: 1)
    unsafe reader.initialize(to: PcapReader(consumer: consumer))
    try refresh()
  }

  deinit {
    unsafe reader.deinitialize(count: 1)
    unsafe reader.deallocate()
  }

  /// As statistics show it.
  public var name: String { "libpcap" }

  /// Frames dropped for want of buffer space, this and earlier handles together.
  public var kernelDropped: UInt64 {
    sources.reduce(droppedBefore) { $0 + Self.dropped($1.handle) }
  }

  /// Waits and hands over what is there; see `CaptureEngine`.
  public func capture(
    into consumer: any FrameConsumer, wakeDescriptor: CInt, timeoutMilliseconds: Int32
  ) throws(CaptureError) {
    var descriptors = sources.map { source in
      unsafe pollfd(fd: pcap_get_selectable_fd(source.handle.pointer), events: Int16(POLLIN), revents: 0)
    }
    descriptors.append(pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0))
    _ = unsafe poll(&descriptors, nfds_t(descriptors.count), timeoutMilliseconds)
    try dispatchAll()
    if MonotonicClock.milliseconds >= nextRefresh { try refresh() }
  }

  /// Replaces the filter.
  public func apply(_ plan: CapturePlan) throws(CaptureError) {
    self.plan = plan
    var failure: CaptureError?
    // One that cannot have its filter is closed to everything and keeps no other from having its own.
    for source in sources {
      do throws(CaptureError) {
        try source.handle.setFilter(FilterCompiler.compile(plan, for: source.handle))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Hands over what was captured, and ends the capture.
  public func finish(into consumer: any FrameConsumer, by deadline: Int64) {
    // What was captured may still sit in a block that is not full; libpcap hands that out when its timeout ends.
    let end = min(deadline, MonotonicClock.milliseconds + Int64(Self.timeoutMilliseconds) * 5)
    while MonotonicClock.milliseconds < end {
      guard (try? dispatchAll()) != nil else { break }
      usleep(1_000)
    }
    droppedBefore = kernelDropped
    sources = []
  }

  private func dispatchAll() throws(CaptureError) {
    var index = 0
    while index < sources.count {
      let source = sources[index]
      unsafe reader.pointee.link = source.link
      unsafe reader.pointee.interfaceAddress = source.address
      let result = unsafe reader.dispatch(source.handle)
      unsafe reader.pointee.deliver()
      if result == PCAP_ERROR {
        lose(at: index, reason: source.handle.lastError)
      } else {
        index += 1
      }
    }
  }

  private func lose(at index: Int, reason: String) {
    let source = sources.remove(at: index)
    droppedBefore += Self.dropped(source.handle)
    if case .named = plan.interfaces { waiting.insert(source.handle.name) }
    report(.lost(name: source.handle.name, reason: reason))
  }

  /// Opens every interface that is wanted and not open, and closes those whose interface was replaced by another of
  /// the same name.
  private func refresh() throws(CaptureError) {
    nextRefresh = MonotonicClock.milliseconds + 1_000
    let present = NetworkInterface.all()
    while let gone = sources.firstIndex(where: { source in !present.contains { $0.index == source.index } }) {
      lose(at: gone, reason: "the interface is gone")
    }
    let wanted: [String]
    switch plan.interfaces {
    case .any: wanted = present.filter(\.isUp).map(\.name)
    case .named(let names): wanted = names
    }
    let missing = wanted.filter { name in !skipped.contains(name) && !sources.contains { $0.handle.name == name } }
    for name in missing { try open(name, present, count: wanted.count) }
  }

  private func open(_ name: String, _ present: [NetworkInterface], count: Int) throws(CaptureError) {
    do throws(CaptureError) {
      guard let interface = present.first(where: { $0.name == name }) else {
        throw CaptureError.noSuchInterface(name: name, existing: present.map(\.name))
      }
      guard interface.isUp else { throw CaptureError.interfaceDown(name: name) }
      sources.append(try source(interface, count: count))
      waiting.remove(name)
    } catch {
      switch error {
      case .interfaceDown, .noSuchInterface:
        guard case .named = plan.interfaces, waiting.insert(name).inserted else { return }
        report(.lost(name: name, reason: error.description))
      case .unsupportedLinkType where plan.interfaces == .any, .filter where plan.interfaces == .any:
        skipped.insert(name)
        report(.skipped(name: name, reason: error.description))
      default:
        throw error
      }
    }
  }

  private func source(_ interface: NetworkInterface, count: Int) throws(CaptureError) -> Source {
    // Interfaces share the buffer; libpcap's own default is the least that makes sense.
    let share = max(plan.bufferByteCount / max(count, 1), 2 << 20)
    let handle = try PcapHandle.open(
      interface: interface.name,
      PcapHandle.Options(
        snapLength: Int32(clamping: plan.snapLength ?? 262_144), bufferByteCount: Int32(clamping: share),
        timeoutMilliseconds: Self.timeoutMilliseconds, isPromiscuous: plan.interfaces != .any))
    guard let link = LinkTypes.layer(handle.linkType) else {
      throw .unsupportedLinkType(interface: interface.name, linkType: LinkTypes.name(handle.linkType))
    }
    try handle.setFilter(FilterCompiler.compile(plan, for: handle))
    try handle.setNonBlocking()
    report(.capturing(name: interface.name, linkType: LinkTypes.name(handle.linkType)))
    return Source(handle: handle, link: link, address: interface.address, index: interface.index)
  }

  private static func dropped(_ handle: PcapHandle) -> UInt64 {
    var statistics = pcap_stat()
    guard unsafe pcap_stats(handle.pointer, &statistics) == 0 else { return 0 }
    return UInt64(statistics.ps_drop)
  }
}
