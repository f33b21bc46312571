import CPcap
import Wire

/// One interface's libpcap handle, and what it has counted.
@safe
final class PcapSource {
  let handle: PcapHandle
  let link: LinkLayer
  /// MAC of the interface, where cooked frames were going.
  let address: UInt64
  let index: Int32
  /// As INTERFACE has it, or as it was when it was opened for `any`.
  let name: String
  private var drops = WrappingCounter()
  private var receipts: WrappingCounter
  /// Frames that came out of the handle.
  private var delivered: UInt64 = 0

  /// Longest time that a frame waits in libpcap's buffer, in milliseconds.
  static let timeoutMilliseconds: Int32 = 4
  /// Frames that one call hands over, so that a flooded interface starves neither others nor orders: as many as fill a
  /// batch to half.
  static let dispatchLimit = Int32(FrameBatch.capacity / 2)

  /// Opens `interface` with a buffer of `bufferByteCount` and the filter of `plan`; nothing is captured before it.
  ///
  /// - Throws: `.unsupportedLinkType`, `.filter`, `.interfaceDown`, `.noSuchInterface`, `.notPermitted`, `.failed`.
  init(
    _ interface: NetworkInterface, name: String, plan: CapturePlan, bufferByteCount: Int
  ) throws(CaptureError) {
    let handle = try PcapHandle.open(
      interface: interface.name,
      PcapHandle.Options(
        snapLength: Int32(clamping: plan.snapLength ?? 262_144), bufferByteCount: Int32(clamping: bufferByteCount),
        timeoutMilliseconds: Self.timeoutMilliseconds, isPromiscuous: plan.interfaces != .any))
    guard let link = LinkTypes.layer(handle.linkType) else {
      throw .unsupportedLinkType(interface: interface.name, linkType: LinkTypes.name(handle.linkType))
    }
    try handle.setFilter(FilterCompiler.compile(plan, for: handle))
    try handle.setNonBlocking()
    self.handle = handle
    self.link = link
    self.name = name
    address = interface.address
    index = interface.index
    // Nothing was received before the filter.
    receipts = WrappingCounter(0)
  }

  /// Replaces the filter by that of `plan`.
  func replaceFilter(_ plan: CapturePlan) throws(CaptureError) {
    try handle.setFilter(FilterCompiler.compile(plan, for: handle))
  }

  /// Hands some of what is there to the reader.
  ///
  /// - Returns: the number of frames; nil if the handle has failed, for the reason in `handle.lastError`.
  func dispatch(to reader: UnsafeMutablePointer<PcapReader>) -> Int? {
    unsafe reader.pointee.link = link
    unsafe reader.pointee.interfaceAddress = address
    let result = unsafe reader.dispatch(handle, limit: Self.dispatchLimit)
    unsafe reader.pointee.deliver()
    guard result >= 0 else { return nil }
    delivered &+= UInt64(result)
    return Int(result)
  }

  /// Frames dropped for want of buffer space.
  var dropped: UInt64 {
    update()
    return drops.total
  }

  /// Frames that passed the filter and were neither dropped nor handed over.
  var remaining: UInt64 {
    update()
    // What was received includes what was dropped.
    let handled = drops.total &+ delivered
    return receipts.total > handled ? receipts.total - handled : 0
  }

  /// Lets no more frames in. The handle's own filter must not see that: it would drop what was captured.
  func close() {
    try? BPFProgram.rejectAll.attach(to: unsafe pcap_fileno(handle.pointer))
  }

  private func update() {
    guard let now = Self.statistics(handle) else { return }
    drops.update(now.ps_drop)
    receipts.update(now.ps_recv)
  }

  private static func statistics(_ handle: PcapHandle) -> pcap_stat? {
    var statistics = pcap_stat()
    return unsafe pcap_stats(handle.pointer, &statistics) == 0 ? statistics : nil
  }
}
