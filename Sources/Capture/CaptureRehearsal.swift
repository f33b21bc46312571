import CLinux
import CPcap
import Glibc
import System

/// Opens a capture as a forwarder would, with a filter that takes no frame, and closes it again.
package struct CaptureRehearsal: Equatable, Sendable {
  /// The engine that opened.
  package let engine: String
  /// Bytes of the rings of the worker that got least; 0 for libpcap's.
  package let ringByteCount: Int
  /// Why there is one ring where there could be two; nil if there are two, or one was asked for.
  package let singleRingReason: String?
  /// Whether the kernel tells what offload has left open (PACKET_VNET_HDR).
  package let hasOffloadHeader: Bool

  /// Opens the rings of all workers at once.
  ///
  /// - Throws: what opening a `RingEngine` throws; `.failed` also for a filter that the kernel does not take.
  package static func ring(_ plan: CapturePlan, workers: Int) throws(CaptureError) -> CaptureRehearsal {
    var index: Int32 = 0
    if case .named(let names) = plan.interfaces {
      let present = try RingEngine.available(names, try NetworkInterface.known())
      if names.count == 1 { index = present[0].index }
    }
    let found = try open(plan.bufferByteCount, index, count: max(1, workers), isShared: workers > 1)
    try attach(try FilterCompiler.compile(plan).forPacketSocket(interfaces: []))
    return found
  }

  /// Each ring stays open until the last one is.
  private static func open(
    _ byteCount: Int, _ index: Int32, count: Int, isShared: Bool
  ) throws(CaptureError) -> CaptureRehearsal {
    let sockets = try RingSockets.open(byteCount, interfaceIndex: index, isShared: isShared)
    var least = CaptureRehearsal(
      engine: "ring", ringByteCount: sockets.byteCount, singleRingReason: sockets.singleReason,
      hasOffloadHeader: sockets.hasOffloadHeader)
    if count > 1 {
      let others = try open(byteCount, index, count: count - 1, isShared: isShared)
      if others.ringByteCount < least.ringByteCount { least = others }
    }
    sockets.close()
    return least
  }

  /// Opens libpcap's handles, which receive nothing before they have a filter.
  ///
  /// - Throws: what opening a `PcapEngine` throws.
  package static func libpcap(_ plan: CapturePlan) throws(CaptureError) -> CaptureRehearsal {
    let present = try NetworkInterface.known()
    var wanted = present.filter(\.isUp)
    if case .named(let names) = plan.interfaces { wanted = present.filter { names.contains($0.name) } }
    var failure: CaptureError?
    var count = 0
    for interface in wanted {
      do throws(CaptureError) {
        let handle = try PcapHandle.open(interface: interface.name, .forLookUp)
        guard LinkTypes.layer(handle.linkType) != nil else {
          throw .unsupportedLinkType(interface: interface.name, linkType: LinkTypes.name(handle.linkType))
        }
        count += 1
      } catch {
        // `any` leaves out what it cannot capture on.
        if plan.interfaces != .any || error == .notPermitted { throw error }
        failure = error
      }
    }
    if count == 0, let failure { throw failure }
    try attach(try FilterCompiler.compile(plan).forPacketSocket(interfaces: []))
    return CaptureRehearsal(engine: "libpcap", ringByteCount: 0, singleRingReason: nil, hasOffloadHeader: false)
  }

  /// Has the kernel check a filter, on a socket of no protocol, which receives nothing.
  private static func attach(_ program: BPFProgram) throws(CaptureError) {
    let socket = try CaptureError.from(CaptureError.system) { () throws(SystemError) in
      try OwnedDescriptor.socket(AF_PACKET, .raw, as: "socket(AF_PACKET)")
    }
    try program.attach(to: socket.value)
  }
}
