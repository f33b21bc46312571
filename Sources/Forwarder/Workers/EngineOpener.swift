import Capture
import Logging
import System

/// Which engine captures (CAPTURE).
public enum CaptureChoice: String, Sendable, CaseIterable {
  /// The ring where the system has it, else libpcap.
  case auto
  /// Our own AF_PACKET ring.
  case ring
  /// libpcap.
  case libpcap
}

/// Opens the engine of choice and says what becomes of its interfaces.
struct EngineOpener: Sendable {
  /// Which engine to use.
  let capture: CaptureChoice
  /// Through which several workers share a ring's traffic; nil for one.
  let fanoutGroup: FanoutGroup?
  /// Whether this worker speaks for all that capture on the same interfaces.
  let isSpeaker: Bool
  let logger: Logger
  /// Where it is noted what becomes of the interfaces.
  let board: InterfaceBoard

  /// Opens an engine whose frames go to `consumer`.
  ///
  /// `auto` is the ring, unless this system has no such thing (`CaptureError.unsupported`). A reason that may pass, such
  /// as want of memory or descriptors, is none to change the engine: libpcap has no metadata, and would meet the same.
  func open(
    _ plan: CapturePlan, consumer: any FrameConsumer, monitor: NetlinkMonitor?
  ) throws(CaptureError) -> any CaptureEngine {
    let report: @Sendable (InterfaceEvent) -> Void = { [self] in if isSpeaker { hear($0) } }
    switch capture {
    case .libpcap:
      return try PcapEngine(plan, consumer: consumer, monitor: monitor, report: report)
    case .ring:
      return try ring(plan, monitor, report)
    case .auto:
      do throws(CaptureError) {
        return try ring(plan, monitor, report)
      } catch .unsupported(let operation, let reason) where fanoutGroup == nil {
        logger.warning("no capture ring (\(operation): \(reason)); using libpcap")
        return try PcapEngine(plan, consumer: consumer, monitor: monitor, report: report)
      }
    }
  }

  private func ring(
    _ plan: CapturePlan, _ monitor: NetlinkMonitor?, _ report: @escaping @Sendable (InterfaceEvent) -> Void
  ) throws(CaptureError) -> RingEngine {
    let ring = try RingEngine(plan, fanoutGroup: fanoutGroup, monitor: monitor, report: report)
    if ring.ringByteCount < plan.bufferByteCount {
      logger.warning("memory for only \(ring.ringByteCount) of \(plan.bufferByteCount) bytes of capture ring")
    }
    if let reason = ring.singleRingReason, isSpeaker { logger.notice("one capture ring instead of two: \(reason)") }
    return ring
  }

  private func hear(_ event: InterfaceEvent) {
    board.note(event)
    log(event)
  }

  private func log(_ event: InterfaceEvent) {
    switch event {
    case .capturing(let name, let linkType): logger.info("interface \(name) is open (\(linkType))")
    case .lost(let name, let reason): logger.warning("interface \(name) is lost: \(reason); waiting for it")
    case .returned(let name, let milliseconds): logger.notice("interface \(name) is back after \(milliseconds) ms")
    case .renamed(let name, let other): logger.notice("interface \(name) is \(other) now; it is captured all the same")
    case .skipped(let name, let reason): logger.warning("interface \(name) is left out: \(reason)")
    }
  }
}
