import CPcap
import Glibc
package import System
import Wire

/// Capture through libpcap: the portable loop, which reads capture files too.
///
/// Each interface has a handle of its own, `any` as well: libpcap's cooked `any` device loses VLAN tags (SLL2) or the
/// interface (SLL), and its frames have no destination address.
@safe
public final class PcapEngine: CaptureEngine {
  private var plan: CapturePlan
  private var sources: [PcapSource] = []
  private var watch: InterfaceWatch
  private let monitor: NetlinkMonitor?
  /// Indices of interfaces that `any` leaves out.
  private var skipped: Set<Int32> = []
  /// Why an interface's handle failed, when, and until when it is not opened again (milliseconds of `MonotonicClock`).
  private var failures: [Int32: (error: CaptureError, time: Int64, until: Int64)] = [:]
  private var droppedBefore: UInt64 = 0
  private var nextRefresh: Int64 = 0
  /// Whether the last round left frames where they were.
  private var hasMore = false
  private var descriptors: [pollfd] = []
  private let reader: UnsafeMutablePointer<PcapReader>
  private let report: (InterfaceEvent) -> Void
  /// What is to be reported once it is sure that the engine opens; nil from then on.
  private var early: [InterfaceEvent]? = []

  /// Opens the interfaces of `plan` that are up; the others are captured on as soon as they are.
  ///
  /// - Parameters:
  ///   - monitor: tells of links that change; without it they are looked at every second.
  ///   - report: hears of every interface that comes or goes.
  /// - Throws: `CaptureError` if an interface may not be captured on for a reason that will not pass.
  package init(
    _ plan: CapturePlan, consumer: any FrameConsumer, monitor: NetlinkMonitor? = nil,
    report: @escaping (InterfaceEvent) -> Void
  ) throws(CaptureError) {
    self.plan = plan
    self.report = report
    self.monitor = monitor
    if case .named(let names) = plan.interfaces { watch = InterfaceWatch(names) } else { watch = InterfaceWatch([]) }
    unsafe reader = .allocate(capacity: 1)
    unsafe reader.initialize(to: PcapReader(consumer: consumer))
    if let failure = refresh(try NetworkInterface.known(), wentDown: []) {
      switch failure {
      case .interfaceDown, .noSuchInterface, .failed: if sources.isEmpty { throw failure }
      case .notPermitted, .unsupportedLinkType, .filter, .exclusion, .unsupported: throw failure
      }
    }
    early?.forEach(report)
    early = nil
  }

  private func tell(_ event: InterfaceEvent) { if early == nil { report(event) } else { early?.append(event) } }

  deinit {
    unsafe reader.deinitialize(count: 1)
    unsafe reader.deallocate()
  }

  /// As statistics show it.
  public var name: String { "libpcap" }

  /// Frames that nobody got, this and earlier handles together; see `CaptureEngine`.
  public var kernelDropped: UInt64 { sources.reduce(droppedBefore) { $0 + $1.dropped } }

  /// How long interfaces were not captured on; see `CaptureEngine`.
  public var blindMilliseconds: UInt64 { watch.blindMilliseconds(at: MonotonicClock.milliseconds) }

  /// Waits and hands over what is there; see `CaptureEngine`.
  public func capture(
    into consumer: any FrameConsumer, wakeDescriptor: CInt, timeoutMilliseconds: Int32
  ) throws(CaptureError) {
    if descriptors.count != sources.count + 2 { setDescriptors(wakeDescriptor) }
    Polling.wait(&descriptors, milliseconds: hasMore ? 0 : timeoutMilliseconds)
    var wentDown: Set<Int32> = []
    var mustLook = MonotonicClock.milliseconds >= nextRefresh
    if descriptors[1].revents != 0, let monitor {
      if monitor.drain(linkDown: { wentDown.insert($0) }).contains(.links) { mustLook = true }
    }
    let failed = dispatchAll()
    guard mustLook || !failed.isEmpty else { return }
    nextRefresh = MonotonicClock.milliseconds + 1_000
    // An error of the query says nothing about any interface.
    let present = try? NetworkInterface.present()
    for (source, reason) in failed { lose(source, reason: reason, present) }
    if let present { _ = refresh(present, wentDown: wentDown) }
  }

  /// Replaces the filter.
  public func apply(_ plan: CapturePlan) throws(CaptureError) {
    self.plan = plan
    var failure: CaptureError?
    // One that cannot have its filter is closed to everything and keeps no other from having its own.
    for source in sources {
      do throws(CaptureError) {
        try source.replaceFilter(plan)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Hands over what was captured, and ends the capture; see `CaptureEngine`.
  public func finish(into consumer: any FrameConsumer, by deadline: Int64) {
    for source in sources { source.close() }
    // What was captured may still sit in a block that is not full; libpcap hands that out when its timeout has ended.
    let end = deadline + Self.countingMilliseconds
    var silentRounds = 0
    while silentRounds < 3, MonotonicClock.milliseconds < end {
      for source in sources where MonotonicClock.milliseconds < end {
        if MonotonicClock.milliseconds >= deadline { unsafe reader.pointee.isCounting = true }
        if let count = unsafe source.dispatch(to: reader), count > 0 { silentRounds = -1 }
      }
      silentRounds += 1
      if silentRounds > 0 { usleep(UInt32(PcapSource.timeoutMilliseconds) * 1_250) }
    }
    droppedBefore = unsafe kernelDropped &+ reader.pointee.counted
    if silentRounds < 3 { droppedBefore &+= sources.reduce(0) { $0 &+ $1.remaining } }
    sources = []
  }

  /// How long after the deadline what was left in the buffers is still counted one by one, in milliseconds.
  private static let countingMilliseconds: Int64 = 250

  private func setDescriptors(_ wakeDescriptor: CInt) {
    descriptors = [.readable(wakeDescriptor), .readable(monitor?.descriptor ?? -1)]
    for source in sources {
      descriptors.append(.readable(unsafe pcap_get_selectable_fd(source.handle.pointer)))
    }
  }

  /// Lets every interface have its turn; those that have failed, and why.
  private func dispatchAll() -> [(PcapSource, String)] {
    hasMore = false
    var failed: [(PcapSource, String)] = []
    for source in sources {
      if let count = unsafe source.dispatch(to: reader) {
        if count >= Int(PcapSource.dispatchLimit) { hasMore = true }
      } else {
        failed.append((source, source.handle.lastError))
      }
    }
    return failed
  }

  /// Gives up a handle. It is opened again at once, but not time and again.
  private func lose(_ source: PcapSource, reason: String, _ present: [NetworkInterface]?) {
    remove(source)
    let now = MonotonicClock.milliseconds
    let error = CaptureError.failed(operation: "libpcap", reason: reason)
    let isRepeated = failures[source.index].map { now - $0.time < 1_000 } ?? false
    failures[source.index] = (error, now, isRepeated ? now + 1_000 : now)
    let interface = present?.first { $0.index == source.index }
    if plan.interfaces == .any {
      let isGone = present != nil && interface == nil
      tell(.lost(name: source.name, reason: isGone ? "it is gone" : error.description))
    } else if interface?.isUp ?? (present == nil) {
      // Of one that is down or gone the next look says so.
      watch.lose(source.name, reason: error.description, now: now, report: tell)
    }
  }

  private func remove(_ source: PcapSource) {
    // What is still in its buffer, a second's flood at most.
    for _ in 0..<64 {
      guard let count = unsafe source.dispatch(to: reader), count > 0 else { break }
    }
    droppedBefore += source.dropped + source.remaining
    sources.removeAll { $0 === source }
    descriptors = []
  }

  /// Opens every interface that is wanted and not open, and closes those that are gone.
  ///
  /// - Returns: a failure to open one.
  private func refresh(_ present: [NetworkInterface], wentDown: Set<Int32>) -> CaptureError? {
    for source in sources where !present.contains(where: { $0.index == source.index }) {
      remove(source)
      if plan.interfaces == .any { tell(.lost(name: source.name, reason: "it is gone")) }
    }
    failures = failures.filter { index, _ in present.contains { $0.index == index } }
    var failure: CaptureError?
    guard case .named(let names) = plan.interfaces else {
      for interface in present where interface.isUp && !skipped.contains(interface.index) {
        if let error = openForAny(interface, count: present.count) { failure = error }
      }
      return failure
    }
    var watch = watch
    watch.update(
      present, wentDown: wentDown, now: MonotonicClock.milliseconds,
      capture: { (interface, name) throws(CaptureError) in
        do throws(CaptureError) {
          try open(interface, name: name, count: names.count)
        } catch {
          failure = error
          throw error
        }
      }, report: tell)
    self.watch = watch
    if failure == nil, let name = names.first(where: { name in !present.contains { $0.name == name } }) {
      failure = .noSuchInterface(name: name, existing: present.map(\.name))
    }
    return failure
  }

  private func openForAny(_ interface: NetworkInterface, count: Int) -> CaptureError? {
    do throws(CaptureError) {
      if try open(interface, name: interface.name, count: count) {
        tell(.capturing(name: interface.name, linkType: interface.linkTypeName))
      }
      return nil
    } catch {
      switch error {
      case .interfaceDown, .noSuchInterface: return nil
      case .unsupportedLinkType, .filter, .exclusion:
        skipped.insert(interface.index)
        tell(.skipped(name: interface.name, reason: error.description))
        return nil
      default:
        return error
      }
    }
  }

  /// Captures on an interface that is up; false if it is captured on already, as one is that was only down.
  @discardableResult
  private func open(_ interface: NetworkInterface, name: String, count: Int) throws(CaptureError) -> Bool {
    guard !sources.contains(where: { $0.index == interface.index }) else { return false }
    let now = MonotonicClock.milliseconds
    if let failure = failures[interface.index], failure.until > now { throw failure.error }
    // Another interface has the name now.
    for source in sources where source.name == name && plan.interfaces != .any { remove(source) }
    // Interfaces share the buffer; libpcap's own default is the least that makes sense.
    let share = max(plan.bufferByteCount / max(count, 1), 2 << 20)
    sources.append(try PcapSource(interface, name: name, plan: plan, bufferByteCount: share))
    descriptors = []
    return true
  }
}
